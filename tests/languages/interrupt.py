"""Waits for a disk that does not answer, under slow_sync.c: Ctrl-C ends each, and nothing that was accepted is lost.

    SLOW_SYNC=GATE LD_PRELOAD=slow_sync.so python3 interrupt.py STORE
"""

import os
import signal
import sys
import threading

import warmstart

gate = os.environ["SLOW_SYNC"]
with warmstart.Store(sys.argv[1]) as store, store.session(bytes(32), background=True) as fit:
    fit.checkpoint_now(b"before")
    open(gate, "w").close()
    fit.checkpoint(b"accepted", 1.0)
    assert store.flush(0.3) is False and fit.flush(0) is False
    for wait in (store.flush, fit.flush, fit.finish):
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            sys.exit("the wait ended: %s" % wait())
        except KeyboardInterrupt:
            print("interrupted:", wait.__qualname__)
    os.unlink(gate)
    assert fit.finish() is True
    assert bytes(store.lookup(bytes(32))) == b"accepted"
