"""The portal's password hash."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2Profile(Argon2PasswordHasher):
    """argon2id with m=19456 KiB, t=2, p=1 (OWASP Password Storage Cheat Sheet): about 34 ms."""

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
