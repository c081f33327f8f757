# cython: language_level=3
"""Records which attributes of objects a thread reads, for the cost of a few look-ups each."""

from cpython.object cimport PyObject, PyObject_GenericGetAttr

cdef extern from *:
    """
    static _Thread_local PyObject *ck_recording = NULL; /* the AttributeReads of this thread, which its owner keeps */
    """
    PyObject *ck_recording


cdef class AttributeReads:
    """Names of the attributes that were read, by identity of the object; and these objects."""

    cdef object __weakref__
    cdef public dict names, owners
    cdef PyObject *_last  # the object that was read last, and its names
    cdef set _last_names

    def __init__(self):
        self.names, self.owners = {}, {}

    cdef add(self, object owner, object name):
        """Note that an attribute is read."""
        cdef object key
        cdef set names
        if self._last != <PyObject *> owner:  # most often an object is read from many times in turn
            key = <size_t> <PyObject *> owner
            known = self.names.get(key)
            if known is None:
                self.owners[key] = owner
                known = self.names[key] = set()
            self._last, self._last_names = <PyObject *> owner, known
        names = self._last_names
        names.add(name)


def recorded_getattribute(self, name):
    """Note that this thread reads an attribute, if it records, and return it."""
    if ck_recording != NULL:
        (<AttributeReads> ck_recording).add(self, name)
    return PyObject_GenericGetAttr(self, name)


def current():
    """The `AttributeReads` that this thread adds to, or `None`."""
    return None if ck_recording == NULL else <object> ck_recording


def record(AttributeReads reads):
    """Let this thread add to ``reads``, of which the caller keeps a reference, from now on; to none if it is `None`."""
    global ck_recording
    ck_recording = NULL if reads is None else <PyObject *> reads
