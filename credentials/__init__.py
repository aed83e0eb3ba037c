"""Certificates that anybody can check without asking us. Pure: keys, time and chance are arguments."""

from credentials.status import ENTRIES as ENTRIES
