/* Entry: a function of the package as its callers see it.
 *
 * A call is passed on as it came, unless an argument, or an element of a list, tuple or dict among the arguments, is of
 * the symbolic type: then `record(entry, args, kwargs)` gives the result. An error that leaves the function is passed to
 * `failed(error, entry, args, kwargs)` first, which may shorten its traceback or raise another; C adds no frame of its
 * own to it.
 *
 * In C, since every eager call of an op goes through it: it adds tens of nanoseconds, a wrapper in Python hundreds.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stddef.h>
#include <structmember.h>

#define MAX_DEPTH 16 /* of nested lists, which may contain themselves */

typedef struct {
    PyObject_HEAD
    PyObject *dict;     /* __name__, __doc__, __wrapped__, ... */
    PyObject *weakrefs;
    PyObject *function;
    PyObject *symbolic; /* a type, or NULL */
    PyObject *record;
    PyObject *failed;   /* or NULL */
    vectorcallfunc vectorcall;
} Entry;

static int is_symbolic(PyObject *x, PyTypeObject *type, int depth) {
    if (Py_TYPE(x) == type)
        return 1;
    if (depth == 0)
        return 0;
    if (PyTuple_Check(x)) {
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(x); i++)
            if (is_symbolic(PyTuple_GET_ITEM(x, i), type, depth - 1))
                return 1;
    } else if (PyList_Check(x)) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(x); i++)
            if (is_symbolic(PyList_GET_ITEM(x, i), type, depth - 1))
                return 1;
    } else if (PyDict_Check(x)) {
        PyObject *key, *value;
        Py_ssize_t at = 0;
        while (PyDict_Next(x, &at, &key, &value))
            if (is_symbolic(value, type, depth - 1))
                return 1;
    }
    return 0;
}

/* `function(entry, args, kwargs)`, or `function(error, entry, args, kwargs)` if there is an error. */
static PyObject *pass_on(PyObject *function, PyObject *error, Entry *self, PyObject *const *args, Py_ssize_t n,
                         PyObject *names) {
    Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    PyObject *result = NULL, *positional = PyTuple_New(n), *keywords = PyDict_New();
    if (positional != NULL && keywords != NULL) {
        for (Py_ssize_t i = 0; i < n; i++)
            PyTuple_SET_ITEM(positional, i, Py_NewRef(args[i]));
        Py_ssize_t i = 0;
        while (i < named && PyDict_SetItem(keywords, PyTuple_GET_ITEM(names, i), args[n + i]) == 0)
            i++;
        if (i == named) {
            PyObject *passed[] = {error, (PyObject *)self, positional, keywords};
            result = PyObject_Vectorcall(function, error ? passed : passed + 1, error ? 4 : 3, NULL);
        }
    }
    Py_XDECREF(positional);
    Py_XDECREF(keywords);
    return result;
}

/* Pass the error that is set to `failed`, which may change it; an error raised there replaces it. */
static void report(Entry *self, PyObject *const *args, Py_ssize_t n, PyObject *names) {
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace != NULL)
        PyException_SetTraceback(value, trace);
    Py_XDECREF(trace);
    PyObject *done = pass_on(self->failed, value, self, args, n, names);
    if (done == NULL) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        return;
    }
    Py_DECREF(done);
    PyErr_Restore(type, value, PyException_GetTraceback(value));
}

static PyObject *call(PyObject *callable, PyObject *const *args, size_t nargsf, PyObject *names) {
    Entry *self = (Entry *)callable;
    Py_ssize_t n = PyVectorcall_NARGS(nargsf);
    PyObject *result = NULL;
    int symbolic = 0;
    if (self->symbolic != NULL) {
        Py_ssize_t total = n + (names == NULL ? 0 : PyTuple_GET_SIZE(names));
        for (Py_ssize_t i = 0; i < total && !symbolic; i++)
            symbolic = is_symbolic(args[i], (PyTypeObject *)self->symbolic, MAX_DEPTH);
    }
    if (symbolic)
        result = pass_on(self->record, NULL, self, args, n, names);
    else
        result = PyObject_Vectorcall(self->function, args, nargsf, names);
    if (result == NULL && self->failed != NULL && PyErr_ExceptionMatches(PyExc_Exception))
        report(self, args, n, names);
    return result;
}

static int init(Entry *self, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"function", "symbolic", "record", "failed", NULL};
    PyObject *function, *symbolic = Py_None, *recorder = Py_None, *failed = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|OOO:Entry", names, &function, &symbolic, &recorder, &failed))
        return -1;
    if (!PyCallable_Check(function) || (symbolic != Py_None && (!PyType_Check(symbolic) || !PyCallable_Check(recorder))) ||
        (failed != Py_None && !PyCallable_Check(failed))) {
        PyErr_SetString(PyExc_TypeError, "Entry expects function, record and failed to be callable, symbolic to be a type");
        return -1;
    }
    Py_XSETREF(self->function, Py_NewRef(function));
    Py_XSETREF(self->symbolic, symbolic == Py_None ? NULL : Py_NewRef(symbolic));
    Py_XSETREF(self->record, Py_NewRef(recorder));
    Py_XSETREF(self->failed, failed == Py_None ? NULL : Py_NewRef(failed));
    return 0;
}

static PyObject *create(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    Entry *self = (Entry *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->vectorcall = call;
    self->dict = PyDict_New();
    if (self->dict == NULL || init(self, args, kwargs) < 0) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

static int traverse(Entry *self, visitproc visit, void *arg) {
    Py_VISIT(self->dict);
    Py_VISIT(self->function);
    Py_VISIT(self->symbolic);
    Py_VISIT(self->record);
    Py_VISIT(self->failed);
    return 0;
}

static int clear(Entry *self) {
    Py_CLEAR(self->dict);
    Py_CLEAR(self->function);
    Py_CLEAR(self->symbolic);
    Py_CLEAR(self->record);
    Py_CLEAR(self->failed);
    return 0;
}

static void dealloc(Entry *self) {
    PyObject_GC_UnTrack(self);
    if (self->weakrefs != NULL)
        PyObject_ClearWeakRefs((PyObject *)self);
    clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* As an attribute of a class it is a method, as functions are. */
static PyObject *bind(PyObject *self, PyObject *object, PyObject *type) {
    return object == NULL || object == Py_None ? Py_NewRef(self) : PyMethod_New(self, object);
}

static PyObject *reduce(PyObject *self, PyObject *unused) {
    return PyObject_GetAttrString(self, "__qualname__"); /* pickled and copied by name */
}

static PyObject *repr(PyObject *self) {
    PyObject *name = reduce(self, NULL);
    if (name == NULL)
        return NULL;
    PyObject *text = PyUnicode_FromFormat("<function %S>", name);
    Py_DECREF(name);
    return text;
}

static PyMethodDef methods[] = {{"__reduce__", reduce, METH_NOARGS, NULL}, {NULL}};

static PyMemberDef members[] = {
    {"function", T_OBJECT_EX, offsetof(Entry, function), READONLY, "what is called"},
    {NULL},
};

static PyGetSetDef attributes[] = {{"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL}, {NULL}};

static PyTypeObject EntryType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "ckeras._kernels.entry.Entry",
    .tp_basicsize = sizeof(Entry),
    .tp_dealloc = (destructor)dealloc,
    .tp_vectorcall_offset = offsetof(Entry, vectorcall),
    .tp_repr = repr,
    .tp_call = PyVectorcall_Call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_traverse = (traverseproc)traverse,
    .tp_clear = (inquiry)clear,
    .tp_weaklistoffset = offsetof(Entry, weakrefs),
    .tp_methods = methods,
    .tp_members = members,
    .tp_getset = attributes,
    .tp_descr_get = bind,
    .tp_dictoffset = offsetof(Entry, dict),
    .tp_new = create,
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "ckeras._kernels.entry", .m_doc = "Functions as their callers see them.", .m_size = -1,
};

PyMODINIT_FUNC PyInit_entry(void) {
    if (PyType_Ready(&EntryType) < 0)
        return NULL;
    PyObject *made = PyModule_Create(&module);
    if (made != NULL && PyModule_AddObjectRef(made, "Entry", (PyObject *)&EntryType) < 0)
        Py_CLEAR(made);
    return made;
}
