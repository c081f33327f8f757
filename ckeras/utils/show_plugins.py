"""Report of the plugins that installed packages add to the registry."""

from ckeras import plugins, registry


def show_plugins() -> None:
    """Print the plugins of installed packages, and those that do not load, with the reason.

    Each line has the registry, the name, the class or function, the distribution and its version. All declared modules
    are imported.
    """
    rows, wrong = _loaded()
    if not rows and not wrong:
        print("no installed package adds anything to ckeras (entry-point groups ckeras.layers, ckeras.losses, ...)")
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    if wrong:
        print(*([""] if rows else []), "not usable:", *(f"  {line}" for line in wrong), sep="\n")


def _loaded() -> tuple[list[tuple[str, ...]], list[str]]:
    """Return (registry, name, object, distribution) of each usable plugin, and a message for each unusable one."""
    rows, wrong, owners = [], [], {}
    for table in registry.TABLES.values():
        for name, claims in plugins.names_in(table.name).items():
            owners |= {claim.module.partition(".")[0]: claim.distribution for claim in claims}
            shipped = table.shipped(name)
            if shipped is not None:
                names = " and ".join(claim.distribution for claim in claims)
                wrong.append(f"The {table.kind} {name!r} that {names} declares is {registry.source(shipped)} already.")
                continue
            try:
                rows.append((table.name, name, registry.source(table.installed(name)), claims[0].distribution))
            except (ImportError, TypeError, ValueError) as error:
                wrong.append(str(error))
    for table in registry.TABLES.values():  # objects that these modules registered on import
        for name, obj in table._registered.items():
            owner = owners.get(obj.__module__.partition(".")[0])
            row = (table.name, name, registry.source(obj), owner)
            if owner is not None and row not in rows:
                rows.append(row)
    known = ", ".join(registry.TABLES)
    for group in sorted(plugins.declared.keys() - registry.TABLES.keys()):
        for claim in [claim for claims in plugins.declared[group].values() for claim in claims]:
            wrong.append(
                f"{claim.distribution} declares {claim.name!r} in the group 'ckeras.{group}', which does not exist; "
                f"expected 'ckeras.' followed by one of {known}."
            )
    wrong += [f"{distribution}: {reason}." for distribution, reason in plugins.malformed]
    return sorted(rows), wrong
