"""Names to classes and functions.

A table for each kind of named part (layers, losses, optimizers, ...) resolves a name in this order: the custom objects
in scope, what the user registered, what ckeras ships. The module that ships a table's parts is imported on the first
lookup, so that importing ckeras imports none of them.

>>> from ckeras import registry
>>> @registry.losses("half_squared_error")
... def half_squared_error(y_true, y_pred):
...     return 0.5 * (y_true - y_pred) ** 2
>>> registry.losses.resolve("half_squared_error") is half_squared_error
True
>>> registry.losses.resolve("meen_squared_error")
Traceback (most recent call last):
    ...
ValueError: Unknown loss 'meen_squared_error'; the nearest names are 'mean_squared_error', ...
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ckeras.utils.naming import to_snake_case


class Table:
    """The names of one kind of part.

    Args:
        kind: What one entry is called in a sentence, as "loss".
        home: The module that ships the entries, imported on the first lookup, as "ckeras.losses". In a saved config
            the same module is called "keras.losses", so that Keras can read it.
        fold_case: Whether a name matches in any case.
    """

    def __init__(self, kind: str, home: str, fold_case: bool = False):
        self.kind = kind
        self.home = home
        self.fold_case = fold_case
        self._shipped: dict[str, Any] = {}
        self._registered: dict[str, Any] = {}
        self._name_of: dict[Any, str] = {}
        self._loaded = False

    def __repr__(self) -> str:
        counts = f"{len(self._shipped)} shipped, {len(self._registered)} registered"
        return f"<Table {self.home.removeprefix('ckeras.')}: {counts}>"

    # Registering

    def __call__(self, *names: str, override: bool = False) -> Callable[[Any], Any]:
        """Decorator: register a class or function under `names` (its own name when none is given)."""
        if len(names) == 1 and not isinstance(names[0], str):
            return self.register(names[0], override=override)
        return lambda obj: self.register(obj, *names, override=override)

    def register(self, obj: Any, *names: str, override: bool = False) -> Any:
        """Register a class or function of the user's under `names`, and return it.

        Args:
            obj: The class or function.
            names: The names to find it by; `obj.__name__` when none is given.
            override: Whether it may take a name that already has an owner.

        Raises:
            TypeError: if `obj` is neither a class nor callable, or a name is not a string.
            ValueError: if a name is taken and `override` is false; nothing is registered then.
        """
        if not callable(obj):
            raise TypeError(f"registry.{self._plural()} registers classes and functions, got {obj!r}.")
        names = names or (obj.__name__,)
        for name in names:
            if not isinstance(name, str) or not name:
                raise TypeError(f"A name in registry.{self._plural()} must be a non-empty string, got {name!r}.")
        self._load()
        for name in names:
            owner = self._registered.get(name, self._shipped.get(name))
            if owner is not None and not override and _source(owner) != _source(obj):
                raise ValueError(
                    f"Cannot register {_source(obj)} as {self.kind} {name!r}: the name belongs to {_source(owner)} "
                    "(pass override=True to replace it)."
                )
        for name in names:
            self._registered[name] = obj
        self._name_of[obj] = names[0]
        return obj

    def ship(self, *names: str) -> Callable[[Any], Any]:
        """Decorator for ckeras' own parts: the object's name, that name in snake case for a class, and `names`."""

        def decorate(obj: Any) -> Any:
            for name in (obj.__name__, *names):
                self._shipped[name] = obj
            if inspect.isclass(obj):
                self._shipped.setdefault(to_snake_case(obj.__name__), obj)
            return obj

        return decorate

    def unregister(self, name: str) -> None:
        """Forget what the user registered under `name`; a shipped part of that name is visible again."""
        obj = self._registered.pop(name, None)
        if obj is not None and obj not in self._registered.values():
            self._name_of.pop(obj, None)

    # Looking up

    def resolve(self, name: str) -> Any:
        """The class or function called `name`.

        Raises:
            ValueError: if nothing has that name; the sentence lists the nearest names.
        """
        found = self.find(name)
        return self._miss(name) if found is None else found

    def find(self, name: str) -> Any:
        """The class or function called `name`, or None."""
        custom = _custom_object(name)
        if custom is not None:
            return custom
        self._load()
        for entries in (self._registered, self._shipped):
            if name in entries:
                return entries[name]
        if self.fold_case:
            for entries in (self._registered, self._shipped):
                for known, obj in entries.items():
                    if known.lower() == name.lower():
                        return obj
        return None

    def names(self) -> list[str]:
        """All names of the table, sorted."""
        self._load()
        return sorted({*self._shipped, *self._registered})

    def nearest(self, name: str, count: int = 3) -> list[str]:
        """The names most like `name`, the most alike first, each part named once."""
        spelled = {known.lower(): known for known in self.names()}
        found, seen = [], set()
        for key in difflib.get_close_matches(name.lower(), spelled, n=4 * count, cutoff=0.5):
            obj = self._registered.get(spelled[key], self._shipped.get(spelled[key]))
            if obj not in seen:
                seen.add(obj)
                found.append(spelled[key])
        return found[:count]

    def __contains__(self, name: str) -> bool:
        return self.find(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def _miss(self, name: str) -> Any:
        """What happens when a name is known to nobody here: the one place to ask anyone else."""
        near = self.nearest(name)
        if near:
            hint = f"the nearest names are {', '.join(map(repr, near))}"
        else:
            hint = f"registry.{self._plural()}.names() lists the names there are"
        raise ValueError(f"Unknown {self.kind} {name!r}; {hint}.")

    def _load(self) -> None:
        if not self._loaded:
            importlib.import_module(self.home)
            self._loaded = True

    def _plural(self) -> str:
        return self.home.removeprefix("ckeras.").rpartition(".")[2]

    # Objects from names and configs, and back

    def get(self, identifier: Any, accepts: Callable[[Any], bool] = callable) -> Any:
        """The object that `identifier` stands for.

        Args:
            identifier: None (gives None), a name, a config as `serialize` makes it, a class (called with no
                arguments), or an object, which is returned as it is.
            accepts: Tells whether an object is of this table's kind.

        Raises:
            ValueError: if the name is unknown, or what came is none of these.
        """
        if identifier is None:
            return None
        if isinstance(identifier, str):
            obj = self.resolve(identifier)
        elif isinstance(identifier, dict):
            obj = self.deserialize(identifier)
        else:
            obj = identifier
        if inspect.isclass(obj):
            obj = obj()
        if not accepts(obj):
            raise ValueError(
                f"Expected {_a(self.kind)}: a name, a config, a class or an object, got {identifier!r} "
                f"of type {type(identifier).__name__}."
            )
        return obj

    def serialize(self, obj: Any) -> Any:
        """The config of `obj`: a dict of plain values from which `deserialize` makes an equal object.

        Raises:
            ValueError: if `obj` is a function without a name, as a lambda, or an object without `get_config`.
        """
        if obj is None or isinstance(obj, (str, dict)):
            return obj
        if not hasattr(obj, "get_config"):
            return self._serialize_function(obj)
        cls = obj if inspect.isclass(obj) else type(obj)
        ours = cls.__module__.partition(".")[0] == "ckeras"
        return {
            "module": self._module_of(cls) if ours else cls.__module__,
            "class_name": cls.__name__,
            "config": obj.get_config(),
            "registered_name": None if ours else self.registered_name(cls),
        }

    def _serialize_function(self, obj: Any) -> dict:
        name = getattr(obj, "__name__", None)
        if name is None or name == "<lambda>":
            raise ValueError(
                f"Cannot save the {self.kind} {obj!r}: expected an object with get_config() or a function with a name."
            )
        registered = self.registered_name(obj)
        return {
            "module": "builtins",
            "class_name": "function",
            "config": registered if registered in self._registered else name,
            "registered_name": "function" if registered in (name, *self._registered) else registered,
        }

    def deserialize(self, config: Any, custom_objects: dict | None = None) -> Any:
        """The object that a config of `serialize`, or a name, describes.

        Args:
            config: A name, or a dict with "class_name", "config" and, where there is one, "registered_name".
            custom_objects: Names to classes and functions, looked at before all others.

        Raises:
            ValueError: if the config has no "class_name", or names nothing known.
        """
        if custom_objects:
            with CustomObjectScope(custom_objects):
                return self.deserialize(config)
        if config is None:
            return None
        if isinstance(config, str):
            obj = self.resolve(config)
            return obj() if inspect.isclass(obj) else obj
        if not isinstance(config, dict) or "class_name" not in config:
            raise ValueError(f"Expected the config of {_a(self.kind)} with a 'class_name', got {config!r}.")
        table = table_of(config.get("module")) or self
        inner = config.get("config")
        registered = config.get("registered_name")
        if config["class_name"] == "function":
            found = table.find(registered) if registered and registered != "function" else None
            return table.resolve(inner) if found is None else found
        cls = table.find(registered) if registered else None
        if cls is None:
            cls = table.resolve(config["class_name"])
        if not inspect.isclass(cls):
            return cls
        return cls.from_config(dict(inner or {}))

    def registered_name(self, obj: Any) -> str:
        """The name a config gives to a class or function."""
        if obj in _custom_names:
            return _custom_names[obj]
        return self._name_of.get(obj, obj.__name__)

    def _module_of(self, cls: Any) -> str:
        for table in TABLES.values():
            if cls in table._shipped.values():
                return table.home[1:]
        return cls.__module__[1:]


def _source(obj: Any) -> str:
    return f"{getattr(obj, '__module__', '?')}.{getattr(obj, '__qualname__', repr(obj))}"


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


layers = Table("layer", "ckeras.layers")
activations = Table("activation", "ckeras.activations")
losses = Table("loss", "ckeras.losses")
metrics = Table("metric", "ckeras.metrics")
optimizers = Table("optimizer", "ckeras.optimizers", fold_case=True)
schedules = Table("learning rate schedule", "ckeras.optimizers.schedules")
initializers = Table("initializer", "ckeras.initializers")
regularizers = Table("regularizer", "ckeras.regularizers")
constraints = Table("constraint", "ckeras.constraints")
callbacks = Table("callback", "ckeras.callbacks")

TABLES = {
    table.home.removeprefix("ckeras."): table
    for table in (
        layers,
        activations,
        losses,
        metrics,
        optimizers,
        schedules,
        initializers,
        regularizers,
        constraints,
        callbacks,
    )
}


def table_of(module: str | None) -> Table | None:
    """The table of a config's "module", as "keras.losses" or "keras.optimizers.schedules", or None."""
    package, _, rest = (module or "").partition(".")
    if package not in ("keras", "ckeras"):
        return None
    rest = rest.removeprefix("src.")
    return TABLES.get(".".join(rest.split(".")[:2])) or TABLES.get(rest.partition(".")[0])


# Custom objects: names that hold for every table

_custom_objects: dict[str, Any] = {}
_custom_names: dict[Any, str] = {}
_scopes = threading.local()


def _custom_object(name: str) -> Any:
    for scope in reversed(getattr(_scopes, "stack", ())):
        if name in scope:
            return scope[name]
    return _custom_objects.get(name)


class CustomObjectScope:
    """Inside the `with` block, the names given find these objects, in every table, before any other.

    Args:
        custom_objects: Names to classes and functions.

    >>> from ckeras import registry
    >>> with registry.CustomObjectScope({"twice": lambda x: 2 * x}):
    ...     registry.activations.resolve("twice")(3)
    6
    """

    def __init__(self, custom_objects: dict[str, Any] | None):
        self.custom_objects = dict(custom_objects or {})

    def __enter__(self) -> CustomObjectScope:
        if not hasattr(_scopes, "stack"):
            _scopes.stack = []
        _scopes.stack.append(self.custom_objects)
        return self

    def __exit__(self, *exc_info: Any) -> None:
        _scopes.stack.pop()


custom_object_scope = CustomObjectScope


def get_custom_objects() -> dict[str, Any]:
    """The dict of names that hold everywhere; what is put into it is found by name."""
    return _custom_objects


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Any], Any]:
    """Decorator: let a class or function be saved and found again as "package>name".

    Args:
        package: The name before the `>`, so that two packages can each have a `name`.
        name: The name after it; the object's own when None.

    Raises:
        ValueError: if a class has no `get_config` method.
    """

    def decorate(obj: Any) -> Any:
        if inspect.isclass(obj) and not hasattr(obj, "get_config"):
            raise ValueError(f"Cannot register {_source(obj)}: a class that is saved needs a get_config() method.")
        registered = f"{package}>{name or obj.__name__}"
        _custom_objects[registered] = obj
        _custom_names[obj] = registered
        return obj

    return decorate


def get_registered_name(obj: Any) -> str:
    """The name a class or function was registered under with `register_keras_serializable`, else its own."""
    return _custom_names.get(obj, obj.__name__)


def get_registered_object(
    name: str, custom_objects: dict[str, Any] | None = None, module_objects: dict[str, Any] | None = None
) -> Any:
    """The class or function registered as `name`, or None.

    Args:
        name: As `get_registered_name` gives it.
        custom_objects: Names looked at after the scopes and the registered ones.
        module_objects: Names looked at last.
    """
    found = _custom_object(name)
    for names in (custom_objects, module_objects):
        if found is None and names:
            found = names.get(name)
    return found
