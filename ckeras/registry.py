"""Names to classes and functions.

A table for each kind of named part (layers, losses, optimizers, ...) resolves a name in this order: the custom objects
in scope, what the user registered, what ckeras ships, what an installed package declares under the entry-point group
`ckeras.<table>` (see `ckeras.plugins`). The module that ships a table's parts is imported on the first lookup, and the
installed packages are looked at on the first name that is not found, so that importing ckeras does neither.

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
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, overload

from ckeras import plugins
from ckeras.utils.naming import to_snake_case
from ckeras.utils.tracebacks import warn

Part = TypeVar("Part")  # a class or function that a decorator returns unchanged


def _configs() -> Any:
    """The module that writes and reads configs, found by its name as the homes of tables are."""
    return importlib.import_module("ckeras.saving.serialization")


class Table:
    """The names of one kind of part.

    Args:
        kind: What one entry is called in a sentence, as "loss".
        home: The module that ships the entries, imported on the first lookup, as "ckeras.losses". In a saved config
            the same module is called "keras.losses", so that Keras can read it.
        base: The class in `home` that classes of this kind inherit from, or None.
        functions: Whether a function, or a class whose objects are called like one, is of this kind too.
        fold_case: Whether a name matches in any case.
    """

    def __init__(self, kind: str, home: str, base: str | None, functions: bool = False, fold_case: bool = False):
        self.kind = kind
        self.home = home
        self.base = base
        self.functions = functions
        self.fold_case = fold_case
        self.name = home.removeprefix("ckeras.").rpartition(".")[2]
        self._shipped: dict[str, Any] = {}
        self._registered: dict[str, Any] = {}
        self._installed: dict[str, Any] = {}  # what was loaded of other packages
        self._name_of: dict[Any, str] = {}
        self._warned: set[str] = set()
        self._loaded = False

    def __repr__(self) -> str:
        return f"<Table {self.name}: {len(self._shipped)} shipped, {len(self._registered)} registered>"

    # Registering

    @overload
    def __call__(self, *names: str, override: bool = False) -> Callable[[Part], Part]: ...
    @overload
    def __call__(self, name: Part, /) -> Part: ...
    def __call__(self, *names: Any, override: bool = False) -> Any:
        """Decorator: register a class or function under `names` (its own name when none is given)."""
        if len(names) == 1 and not isinstance(names[0], str):
            return self.register(names[0], override=override)
        return lambda obj: self.register(obj, *names, override=override)

    def register(self, obj: Part, *names: str, override: bool = False) -> Part:
        """Register a class or function of the user's under `names`, and return it.

        Args:
            obj: The class or function.
            names: The names to find it by; `obj.__name__` when none is given.
            override: Whether to replace an existing entry of that name.

        Raises:
            TypeError: if `obj` is not of the table's kind, or a name is not a string.
            ValueError: if a name is taken and `override` is false; nothing is registered then.
        """
        self._load()
        if not self.fits(obj):
            raise TypeError(f"registry.{self.name} registers {self._wanted()}, got {obj!r}.")
        names = names or (obj.__name__,)
        for name in names:
            if not isinstance(name, str) or not name:
                raise TypeError(f"A name in registry.{self.name} must be a non-empty string, got {name!r}.")
        for name in names:
            owner = self.known(name)
            if owner is not None and not override and source(owner) != source(obj):
                raise ValueError(
                    f"Cannot register {source(obj)} as {self.kind} {name!r}: the name belongs to {source(owner)} "
                    "(pass override=True to replace it)."
                )
        for name in names:
            self.unregister(name)
            self._registered[name] = obj
        self._name_of[obj] = names[0]
        return obj

    def ship(self, *names: str) -> Callable[[Part], Part]:
        """Decorator for ckeras' own parts: the object's name, that name in snake case for a class, and `names`."""

        def decorate(obj: Part) -> Part:
            for name in (obj.__name__, *names):
                self._shipped[name] = obj
            if inspect.isclass(obj):
                self._shipped.setdefault(to_snake_case(obj.__name__), obj)
            return obj

        return decorate

    def unregister(self, name: str) -> None:
        """Remove the user's entry `name`; a shipped part of that name becomes visible again."""
        obj = self._registered.pop(name, None)
        if obj is not None and self._name_of.get(obj) == name:
            del self._name_of[obj]
            self._name_of.update((obj, other) for other, one in self._registered.items() if one is obj)

    # Looking up

    def resolve(self, name: str) -> Any:
        """Return the class or function called `name`.

        Raises:
            ValueError: if nothing has that name; the sentence lists the nearest names.
        """
        found = self.find(name)
        return self._miss(name) if found is None else found

    def find(self, name: str) -> Any:
        """Return the class or function called `name`, or None.

        Raises:
            ImportError, TypeError, ValueError: if an installed package declares that name, but what it declares
                cannot be loaded, is of another kind, or is claimed by a second package too.
        """
        custom = custom_object(name)
        if custom is not None:
            return custom
        known = self.known(name)
        return self.installed(name) if known is None else known

    def registered(self, name: str) -> Any:
        """The user's entry `name`, or None."""
        return self._registered.get(self._spelling(name, self._registered))

    def shipped(self, name: str) -> Any:
        """The shipped entry `name`, or None.

        A name of the home's namespace loads what is behind it alone; any other, such as an alias, loads all entries.
        """
        if not self._loaded:
            home = importlib.import_module(self.home)
            if name in getattr(home, "__all__", ()):
                getattr(home, name)
                if name in self._shipped:
                    return self._shipped[name]
        self._load()
        return self._shipped.get(self._spelling(name, self._shipped))

    def known(self, name: str) -> Any:
        """The registered or shipped entry `name`, or None."""
        found = self.registered(name)
        if found is None:
            found = self.shipped(name)
            if found is not None and name in plugins.declared.get(self.name, ()):
                self._warn_of_clash(name, found)
        return found

    def _spelling(self, name: str, entries: dict[str, Any]) -> str | None:
        """How `name` is written among the entries, which may be in another case; None if it is not there."""
        if name in entries or not self.fold_case:
            return name if name in entries else None
        return next((other for other in entries if other.lower() == name.lower()), None)

    def installed(self, name: str) -> Any:
        """What an installed package declares as `name`, or None; raises as `find` does."""
        found = self._installed.get(name)
        if found is not None:
            return found
        declared = plugins.names_in(self.name)
        spelling = self._spelling(name, declared)
        if spelling is not None:
            found = plugins.load(declared[spelling], self.kind)
            self._load()
            if not self.fits(found):
                claim = declared[spelling][0]
                raise TypeError(
                    f"The {self.kind} {spelling!r} that {claim.distribution} declares must be {self._wanted()}, "
                    f"but {claim.value!r} is {found!r}."
                )
            self._installed[name] = found
            self._name_of.setdefault(found, spelling)
            return found
        if ">" in name:  # a name of `register_keras_serializable`, which runs when a module is imported
            plugins.import_all(declared, self.kind, name)
        return custom_object(name)

    def _warn_of_clash(self, name: str, shipped: Any) -> None:
        if name not in self._warned:
            self._warned.add(name)
            others = " and ".join(claim.distribution for claim in plugins.declared[self.name][name])
            warn(
                f"The {self.kind} {name!r} is {source(shipped)}; {others} declares another of that name, "
                "which is not used."
            )

    def fits(self, obj: Any) -> bool:
        """Whether a class or function is of the table's kind."""
        if not inspect.isclass(obj):
            return self.functions and callable(obj) and type(obj).__hash__ is not None
        if self._is_base_of(obj):
            return True
        return self.functions and _called(obj) and not any(table._is_base_of(obj) for table in TABLES.values())

    def _is_base_of(self, cls: type) -> bool:
        base = getattr(sys.modules.get(self.home), self.base, None) if self.base else None
        return base is not None and issubclass(cls, base)

    def _wanted(self) -> str:
        kinds = [f"a subclass of {self.home[1:]}.{self.base}"] if self.base else []
        return " or ".join(kinds + ["a function", "a class of callable objects"] * self.functions)

    def names(self) -> list[str]:
        """All names of the table, with those that installed packages declare, sorted."""
        self._load()
        return sorted({*self._shipped, *self._registered, *plugins.names_in(self.name)})

    def nearest(self, name: str, count: int = 3) -> list[str]:
        """The most similar names to `name`, best match first, without aliases of the same part."""
        spelled = {known.lower(): known for known in self.names()}
        found, seen = [], set()
        for key in difflib.get_close_matches(name.lower(), spelled, n=4 * count, cutoff=0.5):
            name = spelled[key]
            obj = self._registered.get(name, self._shipped.get(name, name))
            if obj not in seen:
                seen.add(obj)
                found.append(name)
        return found[:count]

    def __contains__(self, name: str) -> bool:
        return custom_object(name) is not None or self.known(name) is not None or name in plugins.names_in(self.name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def _miss(self, name: str) -> Any:
        near = self.nearest(name)
        if near:
            hint = f"the nearest names are {', '.join(map(repr, near))}"
        else:
            hint = f"registry.{self.name}.names() lists the names there are"
        raise ValueError(f"Unknown {self.kind} {name!r}; {hint}.")

    def _load(self) -> None:
        if not self._loaded:
            home = importlib.import_module(self.home)
            for name in getattr(home, "__all__", ()):  # which loads those that load lazily
                getattr(home, name)
            self._loaded = True

    # Objects from names and configs, and back

    def get(self, identifier: Any, accepts: Callable[[Any], bool] | None = None) -> Any:
        """Return the object that `identifier` refers to.

        Args:
            identifier: None (gives None), a name, a config as `serialize` makes it, a class (called with no
                arguments), or an object, which is returned as it is.
            accepts: Predicate for the objects that are valid here. By default: instances of the table's base class, and
                callables if functions are among the table's parts.

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
        if accepts is None:
            accepts = callable if self.functions else lambda made: self._is_base_of(type(made))
        if not accepts(obj):
            raise ValueError(
                f"Expected {_a(self.kind)}: a name, a config, a class or an object, got {identifier!r} "
                f"of type {type(identifier).__name__}."
            )
        return obj

    def serialize(self, obj: Any) -> Any:
        """The config of `obj`, as `ckeras.saving.serialize_keras_object` makes it.

        A class of the table's base stands for an object made with no arguments, as in `get`.
        """
        if inspect.isclass(obj) and self._is_base_of(obj):
            obj = obj()
        return _configs().serialized(obj, self)

    def deserialize(self, config: Any, custom_objects: dict | None = None) -> Any:
        """The object that a config of `serialize`, or a name, describes.

        Args:
            config: A name, or a dict with "class_name", "config" and, where there is one, "registered_name".
            custom_objects: Names to classes and functions, looked at before all others.

        Raises:
            ValueError: if the config has no "class_name", or names nothing known.
        """
        if config is None:
            return None
        with CustomObjectScope(custom_objects):
            if isinstance(config, str):
                obj = self.resolve(config)
                return obj() if inspect.isclass(obj) else obj
            if not isinstance(config, dict) or "class_name" not in config:
                raise ValueError(f"Expected the config of {_a(self.kind)} with a 'class_name', got {config!r}.")
            return _configs().deserialized(config, self)

    def name_of(self, obj: Any) -> str | None:
        """The name under which a class or function is registered or declared by its package, or None."""
        if obj in self._name_of:
            return self._name_of[obj]
        package = (getattr(obj, "__module__", None) or "").partition(".")[0]
        if package in ("", "__main__", "builtins", "ckeras"):
            return None
        for name, claims in plugins.names_in(self.name).items():
            first = claims[0]
            usable = len(claims) == 1 and self.registered(name) is None and self.shipped(name) is None
            if usable and first.module.partition(".")[0] == package:
                try:
                    found = first.load()
                except (Exception, SystemExit):  # reported when its name is looked up
                    continue
                if found is obj and self.fits(obj):
                    self._name_of[obj] = name
                    return name
        return None


def source(obj: Any) -> str:
    """Where a class or function was defined."""
    return f"{getattr(obj, '__module__', '?')}.{getattr(obj, '__qualname__', repr(obj))}"


def _called(cls: type) -> bool:
    """Whether objects of a class can be called."""
    return any("__call__" in c.__dict__ for c in cls.__mro__)


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


layers = Table("layer", "ckeras.layers", "Layer")
activations = Table("activation", "ckeras.activations", None, functions=True)
losses = Table("loss", "ckeras.losses", "Loss", functions=True)
metrics = Table("metric", "ckeras.metrics", "Metric", functions=True)
optimizers = Table("optimizer", "ckeras.optimizers", "Optimizer", fold_case=True)
schedules = Table("learning rate schedule", "ckeras.optimizers.schedules", "LearningRateSchedule")
initializers = Table("initializer", "ckeras.initializers", "Initializer", functions=True)
regularizers = Table("regularizer", "ckeras.regularizers", "Regularizer", functions=True)
constraints = Table("constraint", "ckeras.constraints", "Constraint", functions=True)
callbacks = Table("callback", "ckeras.callbacks", "Callback")

TABLES = {table.name: table for table in globals().values() if type(table) is Table}
_BY_HOME = {table.home.removeprefix("ckeras."): table for table in TABLES.values()}


def table_of(module: str | None) -> Table | None:
    """The table of a config's "module", as "keras.losses" or "keras.optimizers.schedules", or None."""
    if not is_ours(module):
        return None
    rest = module.partition(".")[2].removeprefix("src.")
    return _BY_HOME.get(".".join(rest.split(".")[:2])) or _BY_HOME.get(rest.partition(".")[0])


def is_ours(module: str | None) -> bool:
    """Whether a config's "module" is one of Keras."""
    return (module or "").partition(".")[0] in ("keras", "ckeras")


def given_name(obj: Any, table: Table | None = None) -> str | None:
    """The name under which `obj` is registered or declared by its package, if any; of several, the one in `table`."""
    if not callable(obj) or type(obj).__hash__ is None:
        return None
    if obj in _custom_names:
        return _custom_names[obj]
    names = (one.name_of(obj) for one in filter(None, (table, *TABLES.values())))
    return next((name for name in names if name is not None), None)


# Custom objects: names that hold for every table

_custom_objects: dict[str, Any] = {}
_custom_names: dict[Any, str] = {}
_scopes = threading.local()


def custom_object(name: str) -> Any:
    """The custom object `name` of the innermost scope, else of `register_keras_serializable`, else None."""
    for scope in reversed(getattr(_scopes, "stack", ())):
        if name in scope:
            return scope[name]
    return _custom_objects.get(name)


class CustomObjectScope:
    """Context manager in which the given names refer to these objects, in every table, before any other.

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
    """Return the global dict of custom objects; objects added to it are found by name."""
    return _custom_objects


def register_keras_serializable(package: str = "Custom", name: str | None = None) -> Callable[[Part], Part]:
    """Decorator: register a class or function for saving and loading as "package>name".

    Args:
        package: The name before the `>`, so that two packages can each have a `name`.
        name: The name after it; the object's own when None.

    Raises:
        ValueError: if a class has no `get_config` method.
    """

    def decorate(obj: Part) -> Part:
        if inspect.isclass(obj) and not hasattr(obj, "get_config"):
            raise ValueError(f"Cannot register {source(obj)}: a class that is saved needs a get_config() method.")
        registered = f"{package}>{name or obj.__name__}"
        _custom_objects[registered] = obj
        _custom_names[obj] = registered
        return obj

    return decorate


def get_registered_name(obj: Any) -> str:
    """The name a class or function was registered under with `register_keras_serializable`, else its own."""
    return _custom_names.get(obj) or obj.__name__


def get_registered_object(
    name: str, custom_objects: dict[str, Any] | None = None, module_objects: dict[str, Any] | None = None
) -> Any:
    """The class or function registered as `name`, or None.

    Args:
        name: As `get_registered_name` gives it.
        custom_objects: Names looked at after the scopes and the registered ones.
        module_objects: Names looked at last.
    """
    found = (custom_object(name), *((names or {}).get(name) for names in (custom_objects, module_objects)))
    return next((obj for obj in found if obj is not None), None)


__all__ = [
    "CustomObjectScope", "Table", "activations", "callbacks", "constraints", "custom_object_scope",
    "get_custom_objects", "get_registered_name", "get_registered_object", "initializers", "layers", "losses",
    "metrics", "optimizers", "register_keras_serializable", "regularizers", "schedules",
]  # fmt: skip
__dir__ = __all__.copy
