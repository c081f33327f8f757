"""Dtype policies: their names, configs and errors."""

import copy
import pickle
import sys

import numpy as np
import pytest

from ckeras import KerasTensor, Layer, Variable, config, dtype_policies, layers, mixed_precision, ops, registry
from ckeras.dtype_policies import DTypePolicy, DTypePolicyMap, FloatDTypePolicy
from ckeras.tensor import dtypes


@pytest.fixture(autouse=True)
def _policy_of_its_own():
    yield
    config.reset()
    config.set_floatx("float32")


@pytest.mark.parametrize(
    ("name", "compute", "variable"),
    [
        ("float16", "float16", "float16"),
        ("float32", "float32", "float32"),
        ("float64", "float64", "float64"),
        ("bfloat16", "bfloat16", "bfloat16"),
        ("int32", "int32", "int32"),
        ("mixed_float16", "float16", "float32"),
        ("mixed_bfloat16", "bfloat16", "float32"),
    ],
)
def test_dtypes_of_a_name(name, compute, variable):
    policy = DTypePolicy(name)
    assert (policy.name, policy.compute_dtype, policy.variable_dtype) == (name, compute, variable)
    assert policy.quantization_mode is None
    assert repr(policy) == f'<DTypePolicy "{name}">'
    assert dtype_policies.deserialize(dtype_policies.serialize(policy)) == policy


def test_configs_are_those_of_keras():
    assert dtype_policies.serialize(DTypePolicy("mixed_float16")) == {
        "module": "keras",
        "class_name": "DTypePolicy",
        "config": {"name": "mixed_float16"},
        "registered_name": None,
    }
    float8 = dtype_policies.QuantizedFloat8DTypePolicy("float8", "mixed_bfloat16")
    assert dtype_policies.serialize(float8) == {
        "module": "keras.dtype_policies",
        "class_name": "QuantizedFloat8DTypePolicy",
        "config": {"mode": "float8", "source_name": "mixed_bfloat16", "amax_history_length": 1024},
        "registered_name": None,
    }
    policies = DTypePolicyMap("float32", {"a": DTypePolicy("float16")})
    assert dtype_policies.serialize(policies) == {
        "module": "keras.dtype_policies",
        "class_name": "DTypePolicyMap",
        "config": {
            "default_policy": "float32",
            "policy_map": {
                "a": {
                    "module": "keras",
                    "class_name": "DTypePolicy",
                    "config": {"name": "float16"},
                    "registered_name": None,
                }
            },
        },
        "registered_name": None,
    }


@pytest.mark.parametrize(
    "name",
    [
        "int8_from_float32",
        "int4_from_mixed_bfloat16",
        "int4/128_from_float32",
        "int4/-1_from_float32",
        "gptq/4/128_from_float32",
        "awq/4/-1_from_bfloat16",
        "float8_from_mixed_float16",
    ],
)
def test_quantized_policies(name):
    policy = dtype_policies.get(name)
    mode, source = name.split("_from_")
    assert policy.name == name
    assert policy.quantization_mode == mode.split("/")[0]
    assert policy.compute_dtype == DTypePolicy(source).compute_dtype
    again = dtype_policies.deserialize(dtype_policies.serialize(policy))
    assert again == policy and type(again) is type(policy)
    assert policy != DTypePolicy(source)


def test_sizes_of_quantized_policies():
    gptq = dtype_policies.get("gptq/8/-1_from_float32")
    assert (type(gptq).__name__, gptq.mode, gptq.weight_bits, gptq.group_size) == ("GPTQDTypePolicy", "gptq", 8, -1)
    int4 = dtype_policies.Int4DTypePolicy("int4/64", "float32")
    assert (int4.block_size, int4.name) == (64, "int4/64_from_float32")
    assert int4 != dtype_policies.Int4DTypePolicy("int4/32", "float32")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: DTypePolicy("float33"), "unknown dtype policy 'float33'"),
        (lambda: dtype_policies.get("mixed_float32"), "unknown dtype policy 'mixed_float32'"),
        (lambda: dtype_policies.get(5), "expected a dtype policy: .* got 5"),
        (lambda: dtype_policies.get("int8"), "called '<mode>_from_<policy>', got 'int8'"),
        (lambda: dtype_policies.get("int8_from_float16"), "wider compute dtype than float16"),
        (lambda: dtype_policies.get("int9_from_float32"), "unknown dtype policy 'int9_from_float32'"),
        (lambda: dtype_policies.QuantizedDTypePolicy("int3", "float32"), "mode to be one of .* got 'int3'"),
        (
            lambda: dtype_policies.GPTQDTypePolicy("gptq/4", "float32"),
            "'gptq/<weight_bits>/<group_size>', got 'gptq/4'",
        ),
        (lambda: dtype_policies.GPTQDTypePolicy("gptq/5/1", "float32"), "5 is no weight_bits"),
        (lambda: dtype_policies.AWQDTypePolicy("awq/8/1", "float32"), "8 is no weight_bits"),
        (lambda: dtype_policies.AWQDTypePolicy("awq/4/0", "float32"), "0 is no group_size"),
        (lambda: dtype_policies.Int4DTypePolicy("int4/x", "float32"), "in integers, got 'int4/x'"),
        (lambda: dtype_policies.deserialize({"config": {}}), "with a 'class_name'"),
        (lambda: dtype_policies.deserialize({"class_name": "get"}), "unknown dtype policy 'get'"),
        (lambda: DTypePolicyMap(DTypePolicyMap()), "one policy, got another map"),
        (lambda: DTypePolicyMap("float33"), "unknown dtype policy 'float33'"),
        (lambda: config.set_dtype_policy(5), "expects a DTypePolicy or the name of one"),
        (lambda: layers.Dense(2, dtype="float33"), "unknown dtype policy 'float33'"),
    ],
)
def test_bad_policies(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()
    assert config.dtype_policy() == DTypePolicy("float32")


def test_bad_types():
    with pytest.raises(TypeError, match="expects a name, such as 'mixed_float16', got 5"):
        DTypePolicy(5)
    with pytest.raises(TypeError, match="expects an integer amax_history_length"):
        dtype_policies.QuantizedFloat8DTypePolicy("float8", "float32", amax_history_length=1.5)
    with pytest.raises(TypeError, match="policy_map to be a dict"):
        DTypePolicyMap(policy_map=[1])


def test_what_get_takes():
    policy = DTypePolicy("float64")
    assert dtype_policies.get(policy) is policy
    for identifier in (
        "float64",
        np.float64,
        np.dtype("float64"),
        {"class_name": "DTypePolicy", "config": {"name": "float64"}},
    ):
        assert dtype_policies.get(identifier) == policy
    assert dtype_policies.get(None) == DTypePolicy("float32")


def test_equality():
    assert DTypePolicy("float32") == FloatDTypePolicy("float32")
    assert DTypePolicy("float32") != DTypePolicy("float16")
    assert DTypePolicy("float32") != DTypePolicyMap("float32")
    assert DTypePolicy("float32") != "float32"
    assert copy.deepcopy(DTypePolicy("mixed_float16")) == pickle.loads(pickle.dumps(DTypePolicy("mixed_float16")))


def test_the_global_policy():
    config.set_floatx("float64")
    assert config.dtype_policy() == DTypePolicy() == DTypePolicy("float64")
    config.set_dtype_policy("float16")
    config.set_floatx("float32")
    assert config.dtype_policy().name == mixed_precision.global_policy().name == "float16"
    assert layers.Dense(2).compute_dtype == "float16"
    assert ops.ones(2).dtype == "float32"
    mixed_precision.set_global_policy(mixed_precision.Policy("float64"))
    assert config.dtype_policy() == DTypePolicy("float64")


def test_convert_input():
    policy = DTypePolicy("float16")
    assert policy.convert_input(np.ones(2, "float32"), True, "float16").dtype == "float16"
    assert policy.convert_input(np.ones(2, "float32"), False, "float16").dtype == "float32"
    assert policy.convert_input(ops.ones(2, "int32"), True, "float16").dtype == "int32"
    assert policy.convert_input("text", True, "float16") == "text"


def test_a_policy_of_the_users_own():
    class Halved(DTypePolicy):
        pass

    config_of_it = dtype_policies.serialize(Halved("float16"))
    assert dtype_policies.deserialize(config_of_it, {"Halved": Halved}) == Halved("float16")
    registry.register_keras_serializable("tests")(Halved)
    config_of_it = dtype_policies.serialize(Halved("float16"))
    assert config_of_it["registered_name"] == "tests>Halved"
    assert type(dtype_policies.get(config_of_it)) is Halved


# -- maps


def test_map_by_path_and_pattern():
    policies = DTypePolicyMap("float32")
    policies["encoder/dense"] = "bfloat16"
    policies["encoder/.*"] = DTypePolicy("float16")
    policies["decoder"] = "float64"
    found = {path: policies[path].name for path in ("encoder/dense", "encoder/other", "decoder", "decoder/dense", "x")}
    assert list(found.values()) == ["bfloat16", "float16", "float64", "float32", "float32"]
    assert (policies.name, policies.compute_dtype, policies.variable_dtype) == ("map_float32", "float32", "float32")
    assert len(policies) == 3 and list(policies) == ["encoder/dense", "encoder/.*", "decoder"]
    assert "decoder" in policies and "x" not in policies
    with pytest.raises(ValueError, match=r"has the policy .* for 'decoder' already"):
        policies["decoder"] = "float16"
    policies["encoder/o.*"] = "float64"
    with pytest.raises(ValueError, match="'encoder/other' matches 2 keys"):
        policies["encoder/other"]
    del policies["encoder/o.*"]
    again = dtype_policies.get(dtype_policies.serialize(policies))
    assert again == policies and isinstance(again, DTypePolicyMap)


def test_default_of_a_map_follows_the_global_policy():
    policies = DTypePolicyMap()
    assert policies.default_policy.name == "float32"
    config.set_dtype_policy("float64")
    assert policies.compute_dtype == "float64"
    assert policies.get_config() == {"default_policy": None, "policy_map": {}}


def test_a_map_gives_a_layer_the_policy_of_its_path():
    class Block(Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.dense = layers.Dense(2, dtype=self.dtype_policy, name="inner")

        def call(self, x):
            return self.dense(x)

    policies = DTypePolicyMap("float32", {"block/inner": DTypePolicy("float64")})
    block = Block(dtype=policies, name="block")
    block(np.ones((1, 3), "float32"))
    assert block.dense.kernel.dtype == "float64"
    assert block.dense.compute_dtype == "float64" and block.compute_dtype == "float32"
    assert layers.Dense(2, dtype=policies, name="other").compute_dtype == "float32"


def test_what_bfloat16_needs_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    monkeypatch.delitem(dtypes.NUMPY, "bfloat16", raising=False)
    assert DTypePolicy("mixed_bfloat16").compute_dtype == "bfloat16"
    assert KerasTensor((2,), "bfloat16").dtype == "bfloat16"
    for make in (lambda: ops.cast([1.0], "bfloat16"), lambda: Variable([1.0], dtype="bfloat16")):
        with pytest.raises(ImportError, match=r"arrays of bfloat16 need .* pip install 'ckeras\[bfloat16\]'"):
            make()
