#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A VMM that does not map the doorbell pages: the same guests, the same results;
# every doorbell arrives as a trapped write and is forwarded.
exec /lab/tests/e2e/guest.sh x-no-mmap=on
