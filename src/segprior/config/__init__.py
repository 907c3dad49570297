"""Configurations, the one home of defaults, where they belong to no single method.

For others: `resolve` and `Presets` of ``presets``, the functions of ``checks``, and the classes.
Those of ``segment`` and ``foreground`` lie beside their methods, since their options are those of
a method.
"""
