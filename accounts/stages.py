"""The last stage of signing in."""

from __future__ import annotations

from typing import Any

from allauth.account.stages import LoginStage

from accounts.access import SeeOther
from accounts.models import User

STATE_KEY = "session_hash"
"""Where the sign-in view notes the account's session hash in the login's state."""


class StillValidStage(LoginStage):  # type: ignore[misc]
    """Stops a sign-in when the account was disabled or changed while the second factor was asked."""

    key = "still_valid"

    def handle(self) -> tuple[Any, bool]:
        user = self.login.user
        noted = self.login.state.get(STATE_KEY)
        if isinstance(user, User) and user.is_active and noted == user.get_session_auth_hash():
            return None, True
        return SeeOther("/masuk/"), False
