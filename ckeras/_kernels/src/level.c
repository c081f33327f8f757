/* All kernels at one instruction level, as an extension module that holds nothing but their table.
 * The build defines CK_LEVEL (v2, v3, v4, amx, generic or native) and the architecture flags that go with it. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "amx.h"
#include "kernels.h"

int ck_threads = 1;
static void set_threads(int n) { ck_threads = n > 0 ? n : 1; }

#include "gemm.c"
#include "map.c"
#include "gemm_map.c"
#include "random.c"
#include "reduce.c"
#include "scan.c"
#include "recurrent.c"
#include "softmax.c"
#include "gather.c"
#include "copy.c"
#include "norm_columns.c"
#include "norm_rows.c"
#include "pool.c"
#include "pool_windows.c"
#include "patches.c"
#include "conv.c"
#include "lookup.c"
#include "attention.c"
#include "resample.c"

static const ck_entry kernels[] = {
    RECURRENT_KERNELS
    GEMM_KERNELS MAP_KERNELS GEMM_MAP_KERNELS RANDOM_KERNELS REDUCE_KERNELS SCAN_KERNELS SOFTMAX_KERNELS
    GATHER_KERNELS COPY_KERNELS NORM_COLUMNS_KERNELS NORM_ROWS_KERNELS POOL_KERNELS POOL_WINDOWS_KERNELS
    PATCHES_KERNELS CONV_KERNELS LOOKUP_KERNELS
    ATTENTION_KERNELS
    RESAMPLE_KERNELS
    {NULL, NULL},
};

/* The limits and codes of these files that Python uses too, by name. */
static const struct {
    const char *name;
    long long value;
} constants[] = {
    RECURRENT_CONSTANTS
    KERNEL_CONSTANTS GEMM_CONSTANTS MAP_CONSTANTS GEMM_MAP_CONSTANTS RANDOM_CONSTANTS REDUCE_CONSTANTS SCAN_CONSTANTS
    POOL_CONSTANTS POOL_WINDOWS_CONSTANTS ATTENTION_CONSTANTS
    RESAMPLE_CONSTANTS
    {NULL, 0},
};

static const ck_level level = {kernels, ck_map_ops, set_threads};

#define CK_JOIN_(a, b) a##b
#define CK_JOIN(a, b) CK_JOIN_(a, b)
#define CK_TEXT_(a) #a
#define CK_TEXT(a) CK_TEXT_(a)

PyMODINIT_FUNC CK_JOIN(PyInit__level_, CK_LEVEL)(void)
{
    static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "_level_" CK_TEXT(CK_LEVEL), NULL, -1, NULL};
    PyObject *module = PyModule_Create(&def);
    if (module == NULL) return NULL;
#ifdef CK_AMX
    ck_amx = ck_amx_allowed();
#endif
    PyObject *numbers = PyDict_New();
    for (int i = 0; numbers != NULL && constants[i].name != NULL; i++) {
        PyObject *value = PyLong_FromLongLong(constants[i].value);
        if (value == NULL || PyDict_SetItemString(numbers, constants[i].name, value) < 0) Py_CLEAR(numbers);
        Py_XDECREF(value);
    }
    if (numbers == NULL || PyModule_AddObject(module, "constants", numbers) < 0) {
        Py_XDECREF(numbers);
        Py_DECREF(module);
        return NULL;
    }
    PyObject *table = PyCapsule_New((void *)&level, "ckeras._kernels.level", NULL);
    if (table == NULL || PyModule_AddObject(module, "table", table) < 0) {
        Py_XDECREF(table);
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
