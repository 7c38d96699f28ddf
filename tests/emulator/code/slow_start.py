"""A function whose first start in a folder is slow and whose later ones are quick."""

import os
import sys
import time

FLAG = os.environ["FLAG"]

if not os.path.exists(FLAG):
    os.mkdir(FLAG)
    sys.stdout.write("the slow start\n")
    time.sleep(60)


def handler(event, context):
    return "started"
