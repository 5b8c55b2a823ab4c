"""The registration forms: what a citizen or an officer typed becomes RegistrationData, nothing else."""

from __future__ import annotations

import re
import unicodedata
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q
from django.forms.utils import ErrorDict
from django.http import QueryDict

from accounts.forms import NewPasswordField
from centers.areas import explain_choices, find_district
from centers.models import District, Village, search_key
from core import clock
from core.fields import (
    RELOADED,
    CodeField,
    DayField,
    EmailAddressField,
    NikField,
    PhoneField,
    SharedFields,
    SubmissionField,
    WordsField,
    submission_id_in,
)

from .models.choices import BusinessSector, Gender, Pathway
from .registration import RegistrationData

TYPE_AGAIN = (
    "Ketik lagi kata sandi Anda. Demi keamanan, kata sandi tidak kami simpan saat ada isian yang salah."
)
TWICE = "Isian ini terkirim dua kali. Isi sekali saja."

_VILLAGE_WORD = re.compile(r"^\s*(kelurahan|kel|desa|kampung)\b\.?", re.IGNORECASE)
_NAME_MARKS = frozenset(" .,'-/()`’‘ʼ‐‑–")


class NameField(WordsField):
    """A person's name as on the KTP: one word is enough; letters and the marks of titles and initials."""

    def clean_value(self, value: Any) -> str:
        """Refuse what cannot be a name, and say which character it is."""
        text = unicodedata.normalize("NFKC", super().clean_value(value))
        for character in text:
            if unicodedata.category(character)[0] not in "LM" and character not in _NAME_MARKS:
                raise ValidationError(
                    f"Nama hanya berisi huruf. Yang Anda tulis memuat “{character}”. Tulis seperti di KTP.",
                    code="name",
                )
        if not any(unicodedata.category(character)[0] == "L" for character in text):
            raise ValidationError("Tulis nama Anda seperti di KTP.", code="name")
        return text


class TypedPhoneField(PhoneField):
    """A phone number that is shown back exactly as it was typed."""

    def prepare_value(self, value: Any) -> Any:
        """The text itself."""
        return value


class Tick(forms.CheckboxInput):
    """A box whose value is read strictly: Django's own takes "0", "off" and "tidak" for a tick."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> bool:
        return str(data.get(name, "")).lower() in {"on", "1", "true", "ya", "yes"}


class ConsentField(forms.BooleanField):
    """Something a person agreed to or confirmed by a tick."""

    widget = Tick


class PersonForm(forms.Form):
    """What is asked of everybody, whoever types it."""

    use_required_attribute = False
    pathway = CodeField(
        label="Anda mau apa?",
        choices=Pathway.choices,
        widget=forms.RadioSelect,
        required_text="Pilih satu: mencari kerja, mulai usaha, atau usaha naik kelas.",
    )
    full_name = NameField(
        label="Nama lengkap",
        max_length=120,
        help_text="Seperti tertulis di KTP",
        required_text="Tulis nama Anda seperti di KTP.",
        widget=forms.TextInput(attrs={"autocomplete": "name", "autocapitalize": "words"}),
    )
    nik = NikField(
        label="NIK",
        required=False,
        help_text="16 angka di bagian atas KTP. Kami simpan dengan aman, tidak tampil di halaman umum.",
    )
    no_nik_reason = WordsField(
        label="Alasan belum punya NIK",
        max_length=200,
        required=False,
        help_text="Anda tetap bisa mendaftar. Pusat akan membantu.",
    )
    birth_date = DayField(label="Tanggal lahir", required=False, help_text="Contoh: 31/05/2000")
    gender = CodeField(
        label="Jenis kelamin", choices=Gender.choices, required=False, widget=forms.RadioSelect
    )
    phone = TypedPhoneField(
        label="Nomor HP (WhatsApp)",
        help_text="Untuk kabar dari pendamping. Boleh nomor keluarga.",
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    email = EmailAddressField(
        label="E-mail",
        max_length=254,
        required=False,
        widget=forms.TextInput(
            attrs={"type": "email", "autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    district = WordsField(
        label="Kecamatan tempat tinggal",
        max_length=120,
        required=False,
        help_text="Tulis nama kecamatan, boleh sebagian",
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "spellcheck": "false",
                # While typing the matches appear below as radio buttons; without script the 422 has them.
                "hx-get": "/wilayah/cari/",
                "hx-trigger": "input changed delay:300ms",
                "hx-target": "#kecamatan-cocok",
                "hx-vals": '{"name": "district_pick"}',
            }
        ),
    )
    district_pick = WordsField(max_length=120, required=False)
    district_name = WordsField(
        label="Nama kecamatan",
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    village = WordsField(label="Kelurahan atau desa", max_length=120, required=False)
    address = WordsField(
        label="Alamat",
        max_length=300,
        help_text="Tempat Anda tinggal sekarang, walau beda dengan KTP",
        required_text="Tulis alamat Anda: nama jalan atau kampung, RT dan RW.",
        widget=forms.TextInput(attrs={"autocomplete": "address-line1"}),
    )
    business_name = WordsField(label="Nama usaha", max_length=120, required=False)
    business_sector = CodeField(
        label="Bidang usaha",
        choices=[("", "Pilih bidang"), *BusinessSector.choices],
        required=False,
        widget=forms.Select,
    )
    goal = WordsField(
        label="Apa yang ingin Anda capai?",
        max_length=300,
        required=False,
        help_text="Satu kalimat saja. Contoh: punya warung sendiri di rumah.",
    )
    source = WordsField(
        label="Tahu OK OCE dari mana?",
        max_length=60,
        required=False,
        help_text="Contoh: tetangga, kelurahan, Instagram",
    )
    submission_id = SubmissionField()

    _errors: ErrorDict | None
    district_choices: list[District]
    district_question = "Tulis kecamatan tempat tinggal Anda."
    village_found: Village | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.district_choices = []
        self.next_submission_id = uuid4()

    def full_clean(self) -> None:
        """As Django does, with the errors in the order of the page: the summary reads from top to bottom."""
        super().full_clean()
        self._sort_errors()

    def _sort_errors(self) -> None:
        order = [NON_FIELD_ERRORS, *self.fields]
        found = self._errors or ErrorDict()
        self._errors = ErrorDict((name, found[name]) for name in order if name in found)

    # cleaning --------------------------------------------------------------------------------------

    def clean_submission_id(self) -> UUID:
        """A refused form keeps its id: it is still the same registration."""
        self.next_submission_id = self.cleaned_data["submission_id"]
        return self.next_submission_id

    def clean_birth_date(self) -> Any:
        """Nobody is born tomorrow."""
        born = self.cleaned_data["birth_date"]
        if born is not None and born > clock.today():
            raise ValidationError("Tanggal lahir ini belum tiba. Periksa lagi tahunnya.", code="birth_date")
        return born

    def clean(self) -> dict[str, Any]:
        """What only makes sense together: NIK or a reason, kecamatan and kelurahan, one value per name."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        self._refuse_repeats()
        self._need_identity(data)
        self._find_place(data)
        if data.get("pathway") != Pathway.NAIK_KELAS:
            # Asked of businesses alone: for others whatever stands there counts for nothing.
            for name in ("business_name", "business_sector"):
                data[name] = ""
                self.errors.pop(name, None)
        return data

    def _refuse_repeats(self) -> None:
        if not isinstance(self.data, QueryDict):
            return
        for name in self.fields:
            if len(self.data.getlist(name)) > 1:
                self._replace_error(name, TWICE)

    def _need_identity(self, data: dict[str, Any]) -> None:
        """A NIK, or a reason together with what the NIK would have told."""
        if "nik" in self.errors or data.get("nik") is not None:
            return
        if "no_nik_reason" in self.errors:
            return
        if not data.get("no_nik_reason"):
            self.add_error(
                "nik", "Tulis 16 angka NIK seperti di KTP. Belum punya NIK? Tulis alasannya di bawah."
            )
            return
        if "birth_date" not in self.errors and data.get("birth_date") is None:
            self.add_error("birth_date", "Tulis tanggal lahir Anda. Contoh: 31/05/2000.")
        if "gender" not in self.errors and not data.get("gender"):
            self.add_error("gender", "Pilih laki-laki atau perempuan, seperti di surat Anda.")

    def _find_place(self, data: dict[str, Any]) -> None:
        names = ("district_name", "district_pick", "district")
        if any(name in self.errors for name in names):
            return
        typed = next((data[name] for name in names if data.get(name)), "")
        found = find_district(typed) if typed else []
        if isinstance(found, District):
            self.district_choices = [found]
            data["district"] = found
            self._find_village(data, found)
            return
        self.district_choices = found
        self.add_error("district", explain_choices(typed, found) if typed else self.district_question)

    def _find_village(self, data: dict[str, Any], district: District) -> None:
        """A kelurahan by code or name, inside the kecamatan; it decides which post serves a person."""
        typed = data.get("village") or ""
        if "village" in self.errors or not typed:
            return
        inside = Village.objects.current().filter(district=district)
        key = search_key(_VILLAGE_WORD.sub("", typed))
        named = inside.filter(Q(pk=typed) | Q(search_name=key))
        self.village_found = named.order_by("pk").first() if key else None
        if self.village_found is None:
            shown = typed if len(typed) <= 40 else f"{typed[:40]}…"
            self.add_error(
                "village",
                f"Belum ketemu kelurahan atau desa “{shown}” di Kecamatan {district.name}. Periksa lagi, atau"
                " kosongkan.",
            )

    def _replace_error(self, name: str, text: str) -> None:
        self.errors.pop(name, None)
        self.cleaned_data.setdefault(name, None)
        self.add_error(name, text)

    # results ---------------------------------------------------------------------------------------

    @property
    def is_without_nik(self) -> bool:
        """Whether the part for people without a NIK stands open: something is written there, or wrong."""
        return self._is_used("no_nik_reason", "birth_date", "gender")

    @property
    def has_more(self) -> bool:
        """Whether the part that may be left out stands open: something is written there, or wrong."""
        return self._is_used("goal", "source")

    def _is_used(self, *names: str) -> bool:
        if not self.is_bound:
            return any(self.initial.get(name) for name in names)
        return any(self[name].value() or name in self.errors for name in names)

    @property
    def district_chosen(self) -> str:
        """Code of the kecamatan to tick in the list of choices."""
        return self.district_choices[0].pk if self.district_choices and "district" not in self.errors else ""

    def to_data(self) -> RegistrationData:
        """The cleaned values of a valid form."""
        clean = self.cleaned_data
        return RegistrationData(
            pathway=Pathway(clean["pathway"]),
            full_name=clean["full_name"],
            nik=clean["nik"],
            no_nik_reason=clean["no_nik_reason"],
            birth_date=clean["birth_date"],
            gender=clean["gender"],
            phone=clean["phone"],
            email=clean["email"],
            district=clean["district"],
            village=self.village_found,
            address=clean["address"],
            business_name=clean["business_name"],
            business_sector=clean["business_sector"],
            goal=clean["goal"],
            source=clean["source"],
            password=clean.get("password"),
        )


class RegistrationForm(PersonForm):
    """The public form."""

    password = NewPasswordField(
        label="Buat kata sandi",
        help_text=(
            "Paling sedikit 10 huruf atau angka. Contoh cara: gabungkan tiga kata yang mudah Anda ingat."
        ),
    )
    consent = ConsentField(
        label=(
            "Saya setuju data saya dipakai untuk pelatihan, pendampingan, dan izin usaha,"
            " dan saya boleh diingatkan lewat pesan."
        ),
        error_messages={
            "required": (
                "Centang kotak ini bila Anda setuju. Tanpa persetujuan, kami tidak boleh menyimpan data Anda."
            )
        },
    )

    def begin_anew(self) -> UUID | None:
        """Show what was typed without judging it: the page had been open too long to be accepted.

        Returns the id of the submission, when it is one.
        """
        self.cleaned_data = {}
        self._errors = ErrorDict()
        self.add_error(None, RELOADED)
        self.add_error("password", TYPE_AGAIN)
        sent = submission_id_in(self.data.get("submission_id"))
        if sent is not None:
            self.next_submission_id = sent
        return sent

    def ask_password_again(self) -> None:
        """The password is never sent back, so a refused form says that it has to be typed once more."""
        if self.errors and "password" not in self.errors:
            self.add_error("password", TYPE_AGAIN)
            self._sort_errors()


RegistrationForm.base_fields = SharedFields(RegistrationForm.base_fields)


class CounterForm(PersonForm):
    """The form an officer fills in for the person at the desk: no password; consent is read aloud."""

    district_question = "Tulis kecamatan tempat tinggalnya."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not field.widget.is_hidden:
                field.widget.attrs["autocomplete"] = "off"
        self.fields["phone"].required = False
        self.fields["phone"].help_text = "Boleh nomor keluarga. Kosongkan bila tidak ada sama sekali."
        self.fields["pathway"].label = "Orang ini mau apa?"
        self.fields["no_nik_reason"].help_text = "Orang ini tetap bisa didaftarkan."
        self.fields["nik"].help_text = "16 angka di bagian atas KTP."
        self.fields["address"].help_text = "Tempat tinggal sekarang, walau beda dengan KTP"
        self.fields["goal"].label = "Apa yang ingin dicapai?"
        for name, words in (
            ("full_name", "Tulis namanya seperti di KTP."),
            ("address", "Tulis alamatnya: nama jalan atau kampung, RT dan RW."),
        ):
            self.fields[name].error_messages["required"] = words

    saw_document = ConsentField(label="KTP saya lihat", required=False)
    consent = ConsentField(
        label="Persetujuan sudah saya bacakan, dan orangnya setuju.",
        error_messages={"required": "Bacakan persetujuan di bawah ini. Centang bila orangnya setuju."},
    )
