"""Sends a guard's load, for measurements that last as long as a program runs:

    python3 Perf/send_load.py PORT SCENARIO COUNT
"""

import sys

from scenarios import SCENARIOS, send
from server_process import Client


def main():
    port, scenario, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    client = Client(port)
    send(client, *SCENARIOS[scenario], count)
    client.close()


if __name__ == "__main__":
    main()
