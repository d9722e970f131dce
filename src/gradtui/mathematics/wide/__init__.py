"""Networks of infinite width: moments, fixed points, phases, the path by depth, and advice."""
