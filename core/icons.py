"""The portal's own line icons (24 × 24, drawn with the current text colour).

Each value is the inner markup of one SVG. An icon never stands alone: a word says the same beside it, so
every icon is hidden from assistive technology.
"""

from django.utils.safestring import SafeString

SHAPES = {
    "alert": '<path d="M12 3 2 20h20z"/><path d="M12 10v4M12 17h.01"/>',
    "arrow": '<path d="M5 12h14M13 6l6 6-6 6"/>',
    "back": '<path d="M19 12H5M11 18l-6-6 6-6"/>',
    "bell": '<path d="M18 9a6 6 0 1 0-12 0c0 6-2 7-2 8h16c0-1-2-2-2-8"/><path d="M10 21h4"/>',
    "book": '<path d="M4 5a2 2 0 0 1 2-2h14v18H6a2 2 0 0 1-2-2z"/><path d="M4 17a2 2 0 0 1 2-2h14M9 7h6"/>',
    "brief": '<rect x="2" y="7" width="20" height="13" rx="2"/><path d="M9 7V4h6v3M2 13h20"/>',
    "cal": '<rect x="3" y="5" width="18" height="16" rx="2"/><path d="M3 10h18M8 3v4M16 3v4"/>',
    "cam": (
        '<path d="M4 8h3l2-3h6l2 3h3a1 1 0 0 1 1 1v10a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1z"/>'
        '<circle cx="12" cy="13.5" r="3.5"/>'
    ),
    "cap": '<path d="M12 4 1 9l11 5 11-5z"/><path d="M5 11v5c2 3 12 3 14 0v-5M23 9v6"/>',
    "chart": '<path d="M4 5h16M4 12h10M4 19h5"/>',
    "chat": '<path d="M21 12a8.5 8.5 0 0 1-12.6 7.4L3 21l1.6-5.2A8.5 8.5 0 1 1 21 12z"/>',
    "check": '<path d="M20 6 9 17l-5-5"/>',
    "clock": '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 2"/>',
    "copy": '<rect x="9" y="9" width="12" height="12" rx="2"/><path d="M5 15H3V5a2 2 0 0 1 2-2h10v2"/>',
    "down": '<path d="M12 4v12M6 11l6 6 6-6M4 21h16"/>',
    "eye": '<path d="M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12z"/><circle cx="12" cy="12" r="3"/>',
    "file": (
        '<path d="M14 2H6a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8z"/>'
        '<path d="M14 2v6h6M8 13h8M8 17h5"/>'
    ),
    "help": (
        '<circle cx="12" cy="12" r="9"/><path d="M9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.8.4-1 .9-1 1.7M12 17h.01"/>'
    ),
    "home": '<path d="M3 11 12 3l9 8M5 9.5V21h14V9.5M10 21v-6h4v6"/>',
    "info": '<circle cx="12" cy="12" r="9"/><path d="M12 11v5M12 8h.01"/>',
    "lock": '<rect x="4" y="11" width="16" height="10" rx="2"/><path d="M8 11V7a4 4 0 0 1 8 0v4"/>',
    "menu": '<path d="M4 6h16M4 12h16M4 18h16"/>',
    "pause": '<path d="M9 5v14M15 5v14"/>',
    "phone": (
        '<path d="M22 17v3a2 2 0 0 1-2.2 2A19.5 19.5 0 0 1 2 4.2 2 2 0 0 1 4 2h3a2 2 0 0 1 2 1.7l.8 3.2'
        'a2 2 0 0 1-.6 2L8 10a16 16 0 0 0 6 6l1.2-1.2a2 2 0 0 1 2-.5l3.1.8A2 2 0 0 1 22 17z"/>'
    ),
    "pin": ('<path d="M12 22s7-6.5 7-12a7 7 0 1 0-14 0c0 5.5 7 12 7 12z"/><circle cx="12" cy="10" r="2.5"/>'),
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "print": (
        '<path d="M6 9V3h12v6M6 18H4a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2h16a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-2"/>'
        '<path d="M6 14h12v7H6z"/>'
    ),
    "search": '<circle cx="11" cy="11" r="7"/><path d="m20 20-4-4"/>',
    "skip": '<path d="M4 18v-3a6 6 0 0 1 6-6h10M15 4l5 5-5 5"/>',
    "spin": '<path d="M12 3a9 9 0 1 0 9 9"/>',
    "sprout": (
        '<path d="M12 21v-9M12 12C12 8 9 5 4 5c0 5 3 7 8 7zM12 14c0-4 3-6 8-6 0 4-3 6-8 6zM7 21h10"/>'
    ),
    "stairs": '<path d="M3 20h5v-5h5v-5h5V5h3"/>',
    "user": '<circle cx="12" cy="8" r="4"/><path d="M4 21c0-4 4-6 8-6s8 2 8 6"/>',
    "users": (
        '<circle cx="9" cy="8" r="4"/>'
        '<path d="M2 21c0-4 3-6 7-6s7 2 7 6M16 4a4 4 0 0 1 0 8M19 15c2 1 3 3 3 6"/>'
    ),
    "x": '<path d="M18 6 6 18M6 6l12 12"/>',
}

MARKUP = {
    # constants of this module, nothing a person typed: safe by construction
    name: SafeString(f'<svg class="i" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{shape}</svg>')
    for name, shape in SHAPES.items()
}
