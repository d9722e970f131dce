"""The views, in the order of their keys. To add one: a folder with a `VIEW`, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from gradtui.views.chain import VIEW as CHAIN
from gradtui.views.decay import VIEW as DECAY
from gradtui.views.derivative import VIEW as DERIVATIVE
from gradtui.views.init import VIEW as INIT
from gradtui.views.layers import VIEW as LAYERS
from gradtui.views.phase import VIEW as PHASE
from gradtui.views.run import VIEW as RUN
from gradtui.views.spectrum import VIEW as SPECTRUM
from gradtui.views.time import VIEW as TIME
from gradtui.views.view import View

_Views: TypeAlias = tuple[View[Any], ...]
_ALL: _Views = (DERIVATIVE, CHAIN, DECAY, LAYERS, SPECTRUM, PHASE, INIT, TIME, RUN)

VIEWS: Mapping[str, View[Any]] = {view.name: view for view in _ALL}
