"""What is recorded about people: who they are, their way through the programme, the proof of each step."""

from .assignment import CoachAssignment
from .choices import (
    AssignmentEnd,
    BusinessSector,
    ConsentPurpose,
    EvidenceKind,
    EvidenceStatus,
    Gender,
    IdentityStatus,
    Pathway,
    Stage,
    Status,
    StopReason,
    TransitionKind,
)
from .enrollment import Enrollment, StageTransition, Threshold
from .evidence import StageEvidence
from .person import Business, Consent, Person, Product, WorkforceReport
from .rights import (
    DataRequest,
    RequestKind,
    RequestOrigin,
    RequestStatus,
    RetentionKind,
    RetentionRule,
    RetentionRun,
)
from .submission import RegistrationSubmission

__all__ = [
    "AssignmentEnd",
    "Business",
    "BusinessSector",
    "CoachAssignment",
    "Consent",
    "ConsentPurpose",
    "DataRequest",
    "Enrollment",
    "EvidenceKind",
    "EvidenceStatus",
    "Gender",
    "IdentityStatus",
    "Pathway",
    "Person",
    "Product",
    "RegistrationSubmission",
    "RequestKind",
    "RequestOrigin",
    "RequestStatus",
    "RetentionKind",
    "RetentionRule",
    "RetentionRun",
    "Stage",
    "StageEvidence",
    "StageTransition",
    "Status",
    "StopReason",
    "Threshold",
    "TransitionKind",
    "WorkforceReport",
]
