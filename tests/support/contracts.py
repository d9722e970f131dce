"""A contract for import-linter: the folders of a package stand side by side."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class FoldersApart(Contract):
    """No folder of a package imports from another one beside it.

    import-linter's own contract of independence wants every folder named; a new one is meant here
    without being named.
    """

    package = fields.ModuleField()

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Look at every pair of folders."""
        folders = sorted(
            child for child in graph.find_children(self.package.name) if graph.find_children(child)
        )
        broken = [
            f"{importer} imports {imported}"
            for importer in folders
            for imported in folders
            if importer != imported
            and graph.direct_import_exists(importer=importer, imported=imported, as_packages=True)
        ]
        return ContractCheck(kept=bool(folders) and not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name the imports."""
        for line in check.metadata["broken"] or ["the package has no folders"]:
            output.print_error(line)
