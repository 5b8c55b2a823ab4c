"""Readable documents as PDF, set by typst: data goes in as JSON, so no text of anybody's is ever markup."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typst
from django.core.serializers.json import DjangoJSONEncoder

PDF = "application/pdf"


def render_pdf(template: Path, data: dict[str, Any]) -> bytes:
    """The document of a `.typ` file, which reads `data` as `json(bytes(sys.inputs.data))`.

    Nothing is written to disk.
    """
    text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False)
    document = typst.compile(str(template), format="pdf", sys_inputs={"data": text})
    if not isinstance(document, bytes):
        raise TypeError("one document was expected")
    return document
