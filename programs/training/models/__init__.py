"""What is recorded about training: courses, classes, seats, attendance."""

from .certificate import Certificate, CertificateRevocation
from .choices import ClassStatus, Level, Moment, Presence, SeatStatus, TrainerKind
from .classes import ClassSession, ClassTrainer, TrainingClass
from .course import Course, CourseMaterial, CourseTopic
from .feedback import Question, QuizResult, SurveyAnswer, SurveyDone
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
    "Moment",
    "Presence",
    "Question",
    "QuizResult",
    "RollCall",
    "Seat",
    "SeatStatus",
    "SurveyAnswer",
    "SurveyDone",
    "TrainerKind",
    "TrainingClass",
]
