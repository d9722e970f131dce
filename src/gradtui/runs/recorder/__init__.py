"""Recording a run in the user's own script: what measures, and the file that it goes to.

Frameworks are imported only inside what is called.
"""
