"""Names of people who do not exist: Indonesian first and last names drawn apart, some single names."""

from __future__ import annotations

import random

from faker.providers.person.id_ID import Provider

FEMALE = tuple(sorted(set(Provider.first_names_female)))
MALE = tuple(sorted(set(Provider.first_names_male)))
LAST = tuple(sorted(set(Provider.last_names)))
SINGLE_NAME_SHARE = 0.08


def full_name(rng: random.Random, gender: str) -> str:
    """A name for `L` or `P`; about one in twelve has a single name."""
    first = rng.choice(FEMALE if gender == "P" else MALE)
    if rng.random() < SINGLE_NAME_SHARE:
        return first
    return f"{first} {rng.choice(LAST)}"
