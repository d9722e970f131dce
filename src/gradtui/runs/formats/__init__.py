"""The formats, in the order in which they are asked: what is known for certain goes first.

To add one: a module with a `Format`, and a line here.
"""

from __future__ import annotations

from gradtui.runs.formats.console import CONSOLE
from gradtui.runs.formats.events import EVENTS
from gradtui.runs.formats.events_folder import EVENTS_FOLDER
from gradtui.runs.formats.format import Format
from gradtui.runs.formats.lines_of_json import JSON_LINES
from gradtui.runs.formats.mlflow import MLFLOW
from gradtui.runs.formats.ranks import RANKS
from gradtui.runs.formats.recording import RECORDING
from gradtui.runs.formats.sqlite import SQLITE
from gradtui.runs.formats.table import TABLES
from gradtui.runs.formats.wandb import WANDB
from gradtui.runs.formats.whole_json import COLUMNS_OF_JSON, ROWS_OF_JSON, TRAINER_STATE

FORMATS: tuple[Format, ...] = (
    WANDB,
    SQLITE,
    EVENTS,
    RECORDING,
    TRAINER_STATE,
    ROWS_OF_JSON,
    JSON_LINES,
    COLUMNS_OF_JSON,
    *TABLES,
    CONSOLE,
    MLFLOW,
    RANKS,
    EVENTS_FOLDER,
)
