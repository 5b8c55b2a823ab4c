"""What is recorded about training: courses, classes, seats, attendance."""

from .certificate import Certificate, CertificateRevocation
from .choices import ClassStatus, Level, Presence, SeatStatus, TrainerKind
from .classes import ClassSession, ClassTrainer, TrainingClass
from .course import Course, CourseMaterial, CourseTopic
from .seat import Attendance, AttendanceChange, RollCall, Seat

__all__ = [
    "Attendance",
    "AttendanceChange",
    "Certificate",
    "CertificateRevocation",
    "ClassSession",
    "ClassStatus",
    "ClassTrainer",
    "Course",
    "CourseMaterial",
    "CourseTopic",
    "Level",
    "Presence",
    "RollCall",
    "Seat",
    "SeatStatus",
    "TrainerKind",
    "TrainingClass",
]
