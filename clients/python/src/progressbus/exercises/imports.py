"""Hooks for modules that a notebook may import, at any time or never."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Callable

from ..originals import BUILTINS

__builtins__ = BUILTINS

Hook = Callable[[ModuleType], None]


class ImportWatcher(MetaPathFinder):
    """Calls a module's hook as soon as the module is there.

    Nothing is imported for a hook's sake: what a notebook does not use costs it nothing. The module
    is found and run as ever, and keeps its own loader.
    """

    def __init__(self, hooks: Mapping[str, Hook]) -> None:
        self._hooks = dict(hooks)

    def start(self) -> None:
        """Call the hooks of modules that are there, and wait for the others."""
        for name, hook in self._hooks.items():
            module = sys.modules.get(name)
            if module is not None:
                call(hook, module)
        sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Wait no longer."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """The spec that the others find, with a loader that calls the hook."""
        hook = self._hooks.get(fullname)
        if hook is None:
            return None
        for finder in list(sys.meta_path):
            # Another watcher would ask this one. Its hooks report to the same recorders.
            is_watcher = isinstance(finder, ImportWatcher)
            find = None if is_watcher else getattr(finder, "find_spec", None)
            spec = None if find is None else find(fullname, path, target)
            if spec is not None:
                if spec.loader is not None and hasattr(spec.loader, "exec_module"):
                    spec.loader = _HookedLoader(spec.loader, hook)
                return spec  # type: ignore[no-any-return]
        return None


class _HookedLoader(Loader):
    def __init__(self, loader: Any, hook: Hook) -> None:
        self._loader = loader
        self._hook = hook

    def __getattr__(self, name: str) -> Any:
        # Whoever looks at the spec before the module runs finds what the real loader has.
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """The real loader's."""
        module: ModuleType | None = self._loader.create_module(spec)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Run the module by its own loader, then the hook."""
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        call(self._hook, module)


def call(hook: Hook, module: ModuleType) -> None:
    """Call a hook; a release of the library that looks different is left alone."""
    try:
        hook(module)
    except Exception:
        return
