"""Servers whose power can fail."""

from Persistence.power.machine import power, power_library  # noqa: F401
