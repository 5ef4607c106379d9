"""Answers rules with python-dateutil, on wall time: a JSON question a line, a JSON list a line."""

import json
import signal
import sys
from datetime import datetime, timedelta, timezone
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr


def give_up(signum, frame):
    raise TimeoutError


signal.signal(signal.SIGALRM, give_up)
for line in sys.stdin:
    question = json.loads(line)
    zone = ZoneInfo(question["zone"])
    start = datetime.strptime(question["start"], "%Y%m%dT%H%M%S")
    instant = datetime.fromtimestamp(question["from"] / 1000, timezone.utc)
    # The wall may be set back after this instant, so ask from earlier and let the reader choose.
    after = instant.astimezone(zone).replace(tzinfo=None) - timedelta(hours=30)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        rule = rrulestr(question["rule"], dtstart=start)
        times = islice(rule.xafter(after, inc=True), question["steps"])
        print(json.dumps([time.strftime("%Y-%m-%dT%H:%M:%S") for time in times]))
    except (TimeoutError, ValueError):
        print("null")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
