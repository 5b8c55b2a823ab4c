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
from .correction import CorrectionStatus, NikCorrection
from .document import IdentityDocument
from .enrollment import Enrollment, StageTransition, Threshold
from .evidence import StageEvidence
from .merge import Merge, NotSamePerson
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
    "CorrectionStatus",
    "DataRequest",
    "Enrollment",
    "EvidenceKind",
    "EvidenceStatus",
    "Gender",
    "IdentityDocument",
    "IdentityStatus",
    "Merge",
    "NikCorrection",
    "NotSamePerson",
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
