"""E-mail as files, while no provider is configured: one file a message, readable by any mail program."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class EmailFileBackend(BaseEmailBackend):
    """Writes into `settings.EMAIL_FILE_PATH`, files readable by this account only.

    The name is the hash of the Message-ID: a message delivered twice replaces its own file.
    """

    def __init__(self, fail_silently: bool = False, **kwargs: Any) -> None:
        super().__init__(fail_silently=fail_silently, **kwargs)
        self.folder = Path(settings.EMAIL_FILE_PATH)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write each message whole or not at all; OSError (a full disk) reaches the caller."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for email in email_messages:
            message = email.message()
            target = self.folder / file_name(str(message["Message-ID"]))
            handle, draft = tempfile.mkstemp(dir=self.folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(message.as_bytes())
                os.replace(draft, target)
            except OSError:
                Path(draft).unlink(missing_ok=True)
                raise
        return len(email_messages)


def file_name(message_id: str) -> str:
    """Name of the file that holds the message with this Message-ID."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:40] + ".eml"
