"""Certificates for a whole class by the job of the worker, each set as PDF, beside plain typst."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterable

import typst
from django.db import connection, transaction

from bench.figures import Bench, Figure
from core import jobs
from programs.training import certificates
from programs.training.models import Certificate
from programs.training.tests.factories import finished_class


def measure(bench: Bench) -> Iterable[Figure]:
    """One row: order, rows, messages, codes drawn and a document for each person, beside the documents alone.

    Drawing the code takes 2.9 of our 14.4 milliseconds; plain typst is given it ready.
    """
    people = 100 if bench.quick else 1_000
    with transaction.atomic():
        one, manager = finished_class(people=people)
        ours, plain = [], []
        for _ in range(5):
            mark = transaction.savepoint()
            started = time.perf_counter()
            ordered = certificates.order(class_id=one.pk, actor=manager, at=one.ends_at)
            if ordered is None or not jobs.run(ordered.pk):
                raise RuntimeError("the certificates were not issued")
            found = list(Certificate.objects.for_page().filter(seat__training_class=one))
            for certificate in found:
                certificates.as_pdf([certificate])
            ours.append((time.perf_counter() - started) * 1000)
            if len(found) != people:
                raise RuntimeError(f"{len(found)} certificates for {people} people")
            texts = [json.dumps({"title": "x", "all": [certificates.words_of(each)]}) for each in found]
            started = time.perf_counter()
            for text in texts:
                typst.compile(str(certificates.TEMPLATE), format="pdf", sys_inputs={"data": text})
            plain.append((time.perf_counter() - started) * 1000)
            transaction.savepoint_rollback(mark)
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
    name = f"certificates of {people:,} in the worker beside plain typst"
    yield Figure(name, statistics.median(ours), statistics.median(plain), "ms", 1.6)
