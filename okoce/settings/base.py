"""Production-safe settings. Every value that differs between places comes from the environment.

docs/operations.md lists the variables. `dev` and `test` only provide other defaults and switch off what
needs TLS. A missing or bad value ends the start with one message that names it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from core import keys
from okoce.settings.environment import Environment
from okoce.settings.log import configure_structlog, logging_config, redact

env = Environment()
BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = env.folder("VAR_DIR", BASE_DIR / "var")

# Commands that must work before there are keys: they create them, or touch nothing that needs them.
KEYLESS_COMMANDS = frozenset({"make_keys", "collectstatic", "help", "version", "--version", "--help"})


def read_secret_key(keys_dir: Path) -> str:
    """Django's SECRET_KEY from its own file, after all key files were found in order."""
    if len(sys.argv) > 1 and sys.argv[1] in KEYLESS_COMMANDS:
        return "only-for-a-command-that-signs-nothing-" + "0" * 40
    try:
        keys.require(keys_dir)
        return keys.read_secret(keys_dir)
    except ImproperlyConfigured as error:
        env.problem("KEYS_DIR", f"is not in order. {error}")
    except OSError as error:
        env.problem("KEYS_DIR", f"({keys_dir}) cannot be read: {error.strerror}.")
    return ""


def read_database(default: str | None) -> dict[str, Any]:
    """Django's description of the PostgreSQL server in DATABASE_URL; a socket folder goes in `?host=`."""
    url = env.address("DATABASE_URL", default, ("postgresql", "postgres"))
    config: dict[str, Any] = {"ENGINE": "django.db.backends.postgresql", "NAME": "unset", "OPTIONS": {}}
    if url:
        config = dict(dj_database_url.parse(url))
    options = config.setdefault("OPTIONS", {})
    config["HOST"] = options.pop("host", config.get("HOST", ""))
    config["PORT"] = options.pop("port", config.get("PORT", ""))
    options.setdefault("connect_timeout", env.integer("DATABASE_CONNECT_TIMEOUT", 5, least=1, most=60))
    options.setdefault("application_name", "okoce")
    config["CONN_MAX_AGE"] = env.integer("DATABASE_CONN_MAX_AGE", 60, most=3600)
    config["CONN_HEALTH_CHECKS"] = True
    return config


# Where things live ------------------------------------------------------------------------------------
KEYS_DIR = env.folder("KEYS_DIR", VAR_DIR / "keys")
FILES_DIR = env.folder(
    "FILES_DIR", VAR_DIR / "files"
)  # private uploads and produced files, never served directly
OUTBOX_DIR = env.folder("OUTBOX_DIR", VAR_DIR / "outbox")  # messages while no provider is configured
SECRET_KEY = read_secret_key(KEYS_DIR)

# What this place is -----------------------------------------------------------------------------------
DEBUG = False
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
SITE_URL = env.address("SITE_URL", None, ("https", "http")).rstrip(
    "/"
)  # start of links in messages and QR codes
DEMO_MODE = env.boolean("DEMO_MODE", False)  # demo staff may skip MFA; demo accounts are printed
DEMO_PASSWORD = env.text("DEMO_PASSWORD", "okoce-demo-2026")
ALLOW_SYNTHETIC_NIK = env.boolean("ALLOW_SYNTHETIC_NIK", False)  # serial 0000: no real NIK has it
SECRETARIAT_WHATSAPP = env.text("SECRETARIAT_WHATSAPP", "")  # E.164; the help link where no centre is known
# How many proxies of our own append to X-Forwarded-For; 0 trusts nobody's word.
TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0, most=5)
# Wrong password checks from one address per 15 minutes: generous, carriers put thousands behind one address.
SIGN_IN_CHECKS_PER_ADDRESS = env.integer("SIGN_IN_CHECKS_PER_ADDRESS", 300, least=10)
METRICS_TOKEN = env.text("METRICS_TOKEN", "")  # empty: /metrics answers loopback only

INSTALLED_APPS = [
    "okoce.apps.OkoceConfig",
    "reports",
    "programs.pipeline",
    "programs.outcomes",
    "programs.capital",
    "programs.bookkeeping",
    "programs.marketing",
    "programs.licensing",
    "programs.mentoring",
    "programs.placement",
    "programs.training",
    "participants",
    "helpdesk",
    "centers",
    "notifications",
    "accounts",
    "core",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "django_filters",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "pgtrigger",
    "pghistory",
    "django_structlog",
    "django_prometheus",
]

MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "okoce.headers.HeadersMiddleware",
    "okoce.compression.PublicCompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "okoce.errors.WrongMethodMiddleware",
    "okoce.charset.Utf8OnlyMiddleware",  # inside the two that protect its refusal
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "accounts.access.AccessMiddleware",
    "accounts.mfa.StaffMfaMiddleware",
    "accounts.admin_gate.AdminZoneMiddleware",
    "okoce.secretariat.support.SupportMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # okoce.apps.note_address: the package believes any header

ROOT_URLCONF = "okoce.urls"
WSGI_APPLICATION = "okoce.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context.portal",
                "okoce.context.place",
            ],
        },
    }
]
# Widgets are looked up in templates/ too, so that a form field may have its own lean template.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Data -------------------------------------------------------------------------------------------------
DATABASES = {"default": read_database(None)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "okoce"},
    # Kecamatan by code: read by every registration, changed a few times a year by `load_areas`.
    "places": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "places",
        "TIMEOUT": 60,
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}
MEDIA_ROOT = FILES_DIR
UPLOAD_MAX_BYTES = env.integer(
    "UPLOAD_MAX_BYTES", 5_242_880, least=1024, most=52_428_800
)  # one uploaded file
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # bytes of one form without its files; beyond it the answer is 400
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
DATA_UPLOAD_MAX_NUMBER_FILES = 20

# Language and time: stored in UTC, shown in the zone of the centre -------------------------------------
LANGUAGE_CODE = "id"
LANGUAGES = [("id", "Bahasa Indonesia")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# Static files -----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.folder("STATIC_ROOT", BASE_DIR / "staticfiles")
STATICFILES_DIRS = [
    folder
    for folder in (("dist", BASE_DIR / "static" / "dist"), ("img", BASE_DIR / "static" / "img"))
    if folder[1].is_dir()
]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_ROOT = BASE_DIR / "static" / "root"  # what is asked for at the top: /favicon.ico
WHITENOISE_USE_FINDERS = False
WHITENOISE_AUTOREFRESH = False

# Sign-in ----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/masuk/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
AUTHENTICATION_BACKENDS = ["accounts.backends.LoginBackend"]
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2Profile",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.validators.LongEnough"},
    {"NAME": "accounts.validators.NotCommon"},
]
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60
SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_NAME = "__Host-sessionid"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 60 * 60
CSRF_COOKIE_NAME = "__Host-csrftoken"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "okoce.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])

# allauth provides the second factor; the portal's own pages sign people in (docs/decisions).
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_RATE_LIMITS = False  # accounts/lockout.py counts, in PostgreSQL
MFA_ADAPTER = "accounts.adapters.MfaAdapter"
MFA_FORMS = {
    "authenticate": "accounts.mfa_forms.AuthenticateForm",
    "reauthenticate": "accounts.mfa_forms.ReauthenticateForm",
    "activate_totp": "accounts.mfa_forms.ActivateTotpForm",
}
MFA_ADAPTER = "accounts.adapters.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "OK OCE"
MFA_TOTP_TOLERANCE = 1  # time steps of 30 s either way: phones' clocks drift

# Transport and headers --------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = env.boolean("SECURE_SSL_REDIRECT", True)
# The probes of the host itself come without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
if env.boolean("BEHIND_TLS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PERMISSIONS_POLICY = (
    "accelerometer=(), browsing-topics=(), camera=(self), display-capture=(), geolocation=(self), "
    "gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
)
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],  # Bootstrap's own marks are data: images inside its style sheet
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# Messages ---------------------------------------------------------------------------------------------
EMAIL_PROVIDER = env.choice(
    "EMAIL_PROVIDER", "file", ("file", "smtp", "brevo", "mailersend", "resend", "sendgrid")
)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "OK OCE <noreply@okoce.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = "notifications.channels.files.EmailFileBackend"
EMAIL_FILE_PATH = OUTBOX_DIR / "email"
if EMAIL_PROVIDER == "smtp":
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = env.text("EMAIL_HOST")
    EMAIL_PORT = env.integer("EMAIL_PORT", 587, least=1, most=65535)
    EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
    EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD", "")
    EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", True)
elif EMAIL_PROVIDER != "file":
    EMAIL_BACKEND = f"anymail.backends.{EMAIL_PROVIDER}.EmailBackend"
    _KEY_NAME = {"mailersend": "MAILERSEND_API_TOKEN"}.get(
        EMAIL_PROVIDER, f"{EMAIL_PROVIDER.upper()}_API_KEY"
    )
    ANYMAIL = {_KEY_NAME: env.text("EMAIL_API_KEY"), "REQUESTS_TIMEOUT": 10}
# Without a token WhatsApp messages stay in the inbox, as texts ready to send by hand.
WHATSAPP_TOKEN = env.text("WHATSAPP_TOKEN", "")
WHATSAPP_PHONE_ID = env.text("WHATSAPP_PHONE_ID") if WHATSAPP_TOKEN else ""
WHATSAPP_TEMPLATE = env.text("WHATSAPP_TEMPLATE", "pemberitahuan")  # an approved text: name, message, address
WHATSAPP_API_URL = env.address("WHATSAPP_API_URL", "https://graph.facebook.com/v23.0", ("https", "http"))

# Work in the background -------------------------------------------------------------------------------
BROKER_TIMEOUT = env.integer("BROKER_TIMEOUT", 4, least=1, most=60)  # seconds to reach the broker
BROKER_VISIBILITY_TIMEOUT = env.integer("BROKER_VISIBILITY_TIMEOUT", 900, least=1, most=86_400)  # seconds
CELERY_BROKER_URL = env.address("REDIS_URL", None, ("redis", "rediss"))
OUTBOX_CLAIM_SECONDS = env.integer("OUTBOX_CLAIM_SECONDS", 60, least=1)  # a claim older than this is given up
JOB_LEASE_SECONDS = env.integer("JOB_LEASE_SECONDS", 60, least=1, most=3600)  # a silent runner loses its job
BROKER_WAKE_TIMEOUT = env.integer(
    "BROKER_WAKE_TIMEOUT", 1, least=1, most=10
)  # seconds a page may wait to wake workers
CELERY_BROKER_CONNECTION_TIMEOUT = BROKER_TIMEOUT
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker for ever
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": BROKER_VISIBILITY_TIMEOUT,
    "socket_timeout": BROKER_TIMEOUT,
    "socket_connect_timeout": BROKER_TIMEOUT,
    "health_check_interval": 25,
    # How often a publisher tries to connect; a worker has its own, endless patience.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_PUBLISH_RETRY = False  # what must not be lost is in the outbox; a page never waits for the broker
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_RESULT_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_EVENT_SERIALIZER = "json"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True  # a killed child gives its task back
CELERY_TASK_ACKS_ON_FAILURE_OR_TIMEOUT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TASK_TIME_LIMIT = 30 * 60
CELERY_TASK_SOFT_TIME_LIMIT = 28 * 60
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "okoce"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "run" / "beat-schedule")

# History, logs, monitoring ----------------------------------------------------------------------------
PGHISTORY_INSTALL_CONTEXT_FUNC_ON_MIGRATE = True
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
DJANGO_STRUCTLOG_CELERY_ENABLED = False
PROMETHEUS_EXPORT_MIGRATIONS = False
configure_structlog()
LOGGING = logging_config(
    as_json=env.choice("LOG_FORMAT", "json", ("json", "console")) == "json",
    level=env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
)
SENTRY_DSN = env.text("SENTRY_DSN", "")
if SENTRY_DSN:
    import json

    import sentry_sdk

    sentry_sdk.init(
        dsn=SENTRY_DSN,
        send_default_pii=False,
        max_request_body_size="never",
        before_send=lambda event, _hint: json.loads(redact(json.dumps(event, default=str))),
    )

env.finish()
