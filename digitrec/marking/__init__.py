"""Marks a folder of submitted notebooks: ``python -m digitrec mark FOLDER``.

The code of a submission is not trusted. It runs in a process of its own (:mod:`.child`), with
limits on time and memory (:mod:`.process`) and, where the system can, behind walls
(:mod:`.walls`). The checks run in our own process, on the functions and objects that are there,
through messages (:mod:`.remote`, :mod:`.wire`); so what the submission does to its own copy of a
check, or of NumPy, changes nothing.

=============== ====================================================================================
``command``     ``digitrec mark``: its options, and what it prints
``folder``      marks all notebooks of a folder, one after the other or several at a time
``one``         marks one notebook: which cells, in which order, and what each check says
``cells``       reads a notebook; finds the cells that its answers need
``names``       which names a cell makes, uses and changes
``assignments`` what is marked, and for how many points
``process``     a process that runs a notebook, as the marker sees it
``child``       the same, from the inside
``limits``      what a submission may take
``walls``       namespaces: no network, no other process, files read-only
``remote``      an object over there, used as if it were here
``wire``        values as bytes
``report``      the table and the pages of feedback
=============== ====================================================================================
"""
