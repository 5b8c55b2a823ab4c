"""The WSGI application served by granian (`granian --interface wsgi okoce.wsgi:application`)."""

import os

from django.core.wsgi import get_wsgi_application

from okoce.crowding import BoundedQueue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "okoce.settings.base")

application = BoundedQueue(get_wsgi_application())
