"""Every component in every state on one page (`/komponen/`, only in DEBUG). Its people are invented."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from core.clock import now

NAMES = (
    "Pendaftaran",
    "Pelatihan",
    "Pendampingan",
    "Perizinan",
    "Pemasaran",
    "Pelaporan keuangan",
    "Permodalan",
)

PATHWAYS = {
    "cari_kerja": "Saya mencari kerja",
    "mulai_usaha": "Saya mau mulai usaha",
    "naik_kelas": "Usaha saya mau naik kelas",
}
PATHWAY_NOTES = {
    "cari_kerja": "Pelatihan, lalu tempat kerja",
    "mulai_usaha": "Dari ide sampai berizin dan laku",
    "naik_kelas": "Sudah punya usaha, ingin tumbuh",
}


class SampleForm(forms.Form):
    """One field of every kind."""

    pathway = forms.ChoiceField(label="Anda mau apa?", choices=PATHWAYS.items(), widget=forms.RadioSelect)
    full_name = forms.CharField(label="Nama lengkap", help_text="Seperti tertulis di KTP")
    nik = forms.CharField(label="NIK", help_text="16 angka di bagian atas KTP.")
    birth_date = forms.CharField(label="Tanggal lahir", help_text="Contoh: 31/05/2000", required=False)
    capital = forms.CharField(
        label="Modal, tanpa tanah dan bangunan", help_text="Rupiah penuh, contoh: 1.500.000"
    )
    email = forms.EmailField(label="E-mail", required=False)
    sector = forms.ChoiceField(
        label="Bidang usaha", choices=[("", "Pilih bidang"), ("kuliner", "Kuliner"), ("fesyen", "Fesyen")]
    )
    district = forms.ChoiceField(
        label="Kecamatan tempat tinggal",
        choices=[
            ("31.74.07", "Kebayoran Baru, Kota Jakarta Selatan"),
            ("31.74.05", "Kebayoran Lama, Kota Jakarta Selatan"),
        ],
        widget=forms.RadioSelect,
    )
    bazaars = forms.MultipleChoiceField(
        label="Jenis bazar",
        choices=[("kecamatan", "Bazar kecamatan"), ("kota", "Bazar kota")],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    note = forms.CharField(label="Catatan", widget=forms.Textarea(attrs={"rows": 3}), required=False)
    number = forms.CharField(
        label="Nomor pendaftaran", help_text="Tidak bisa diubah", disabled=True, required=False
    )
    evidence = forms.FileField(
        label="Foto atau PDF NIB",
        help_text="JPG, PNG, atau PDF, paling besar 5 MB. Foto dikecilkan otomatis.",
        widget=forms.FileInput(attrs={"accept": "image/*,.pdf", "data-max": 5_000_000}),
    )
    password = forms.CharField(
        label="Buat kata sandi",
        help_text="Paling sedikit 10 huruf atau angka. Gabungkan tiga kata yang mudah Anda ingat.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    consent = forms.BooleanField(
        label="Saya setuju data saya dipakai untuk pelatihan, pendampingan, dan izin usaha."
    )


class FilterForm(forms.Form):
    """A row of filters."""

    wilayah = forms.ChoiceField(
        label="Wilayah", choices=[("31", "DKI Jakarta"), ("31.74", "Kota Jakarta Selatan")]
    )
    tahun = forms.ChoiceField(label="Tahun daftar", choices=[("2026", "2026"), ("2025", "2025")])
    jalur = forms.ChoiceField(label="Jalur", choices=[("", "Semua jalur"), *PATHWAYS.items()])


class ReasonForm(forms.Form):
    """What a confirmation asks."""

    reason = forms.ChoiceField(
        label="Alasan", choices=[("pindah", "Pindah kota"), ("kerja", "Sudah bekerja"), ("lain", "Lainnya")]
    )


def _faulty_form() -> SampleForm:
    form = SampleForm(
        {
            "pathway": "mulai_usaha",
            "full_name": "Siti Rahmawati",
            "nik": "317407450690000",
            "birth_date": "31/05/2000",
            "capital": "2.500.000",
            "bazaars": ["kecamatan"],
            "sector": "kuliner",
        },
        initial={"number": "KB-2026-00412"},
    )
    form.errors.clear()
    for name, words in {
        "nik": "NIK harus 16 angka. Yang Anda tulis baru 15 angka. Periksa lagi dengan KTP.",
        "district": "Ada 2 kecamatan yang cocok dengan “Kebayoran”. Pilih salah satu.",
        "evidence": "Berkas tidak terkirim. Pakai foto (JPG, PNG) atau PDF, paling besar 5 MB.",
        "password": "Ketik lagi kata sandi Anda. Demi keamanan, kata sandi tidak kami simpan.",
        "consent": "Centang kotak ini bila Anda setuju. Tanpa itu kami tidak boleh menyimpan data Anda.",
    }.items():
        form.add_error(name, words)
    return form


def _stones(states: str, notes: dict[int, str], current: int = 0) -> list[dict[str, Any]]:
    """Seven stones from one letter a state (d n w v s l)."""
    words = {"d": "done", "n": "now", "w": "wait", "v": "waived", "s": "stopped", "l": "later"}
    return [
        {
            "number": number,
            "name": NAMES[number - 1],
            "state": words[letter],
            "note": notes.get(number, ""),
            "current": number == current,
        }
        for number, letter in enumerate(states, start=1)
    ]


def _funnel() -> list[dict[str, Any]]:
    """Seven rows that fit together: who left a stage entered the next."""
    figures = (
        (13598, 11060, 0, 2305, 233),
        (11060, 6060, 574, 3472, 954),
        (6634, 3593, 88, 2325, 628),
        (3681, 2186, 23, 1168, 304),
        (2209, 1217, 0, 794, 198),
        (1217, 597, 0, 509, 111),
        (597, 341, 0, 222, 34),
    )
    rows = []
    previous = None
    for number, (reached, completed, waived, current, stopped) in enumerate(figures, start=1):
        rows.append({
            "number": number, "name": NAMES[number - 1], "reached": reached, "previous": previous,
            "completed": completed, "waived": waived, "current": current, "stopped": stopped,
            "links": {"current": "#"},
        })  # fmt: skip
        previous = reached
    return rows


PUBLIC = [
    {"number": 1, "name": "Mendaftar", "reached": 65414, "loss": ""},
    {
        "number": 2, "name": "Ikut pelatihan", "reached": 55732,
        "loss": "85,2% dari langkah sebelumnya. 9.682 orang tidak sampai ke pelatihan.",
    },
    {
        "number": 3, "name": "Didampingi", "reached": 33214,
        "loss": "59,6% dari langkah sebelumnya. 22.518 orang selesai pelatihan, belum didampingi.",
    },
    {
        "number": 4, "name": "Punya izin usaha", "reached": 16734,
        "loss": "50,4% dari langkah sebelumnya. 16.480 orang didampingi, belum punya izin.",
    },
]  # fmt: skip

TILE_NAMES = (
    ("Kep. Seribu Utara", 0, 0, "31.01"),
    ("Kep. Seribu Selatan", 1, 0, "31.01"),
    ("Penjaringan", 2, 1, "31.72"),
    ("Pademangan", 3, 1, "31.72"),
    ("Tanjung Priok", 4, 1, "31.72"),
    ("Taman Sari", 2, 2, "31.73"),
    ("Sawah Besar", 3, 2, "31.71"),
    ("Kemayoran", 4, 2, "31.71"),
    ("Kelapa Gading", 5, 2, "31.72"),
    ("Cempaka Putih", 5, 3, "31.71"),
    ("Grogol Petamburan", 1, 3, "31.73"),
    ("Pesanggrahan", 1, 4, "31.74"),
    ("Mampang Prapatan", 3, 4, "31.74"),
    ("Menteng", 3, 3, "31.71"),
    ("Kebayoran Baru", 2, 4, "31.74"),
    ("Pulo Gadung", 6, 3, "31.75"),
)


def _tiles() -> list[dict[str, Any]]:
    tiles = []
    for index, (label, col, row, group) in enumerate(TILE_NAMES):
        share = None if index == 1 else 5 + 7 * index % 29
        seen = label if share is None else f"{share} {label}"
        told = "tidak ditampilkan" if share is None else f"{share} dari 100 pendaftar"
        tiles.append({
            "col": col, "row": row, "label": label, "group": group, "href": "#", "value": share,
            "step": 0 if share is None else 1 + index % 5, "name": f"{seen}: {told}",
        })  # fmt: skip
    return tiles


SIGNALS = [
    {"state": "off", "text": "Anda sedang tanpa sinyal. Catatan disimpan di HP ini dan dikirim otomatis."},
    {"state": "wait", "text": "Masuk lagi supaya 2 catatan terkirim."},
    {"state": "bad", "text": "1 catatan belum diterima."},
    {"state": "done", "text": "2 catatan sudah terkirim."},
]


def _people() -> list[dict[str, Any]]:
    return [
        {
            "number": 3, "stage": NAMES[2], "name": "Budi Santoso", "href": "#", "late": True, "days": 41,
            "status": "late", "badge": "18 hari diam, batas 14", "whatsapp": "https://wa.me/",
            "why": "Belum ada kabar sejak 5 November. Janji: mengirim daftar harga bahan.",
            "action": {"href": "#", "label": "Catat kabar"},
        },
        {
            "number": 4, "stage": NAMES[3], "name": "Nur Aini", "href": "#", "late": True, "days": 33,
            "status": "blocked", "badge": "Terhambat: zonasi", "whatsapp": "https://wa.me/",
            "why": "Tanyakan hasil rekomendasi kelurahan.", "action": {"href": "#", "label": "Catat kabar"},
        },
        {
            "number": 6, "stage": NAMES[5], "name": "Agus Pratama", "href": "#", "late": False, "days": 92,
            "status": "ready", "badge": "", "whatsapp": "https://wa.me/",
            "why": "Buku kas Oktober lengkap. Periksa lalu setujui.",
            "action": {"href": "#", "label": "Periksa"},
        },
    ]  # fmt: skip


def _texts(today: date) -> dict[str, Any]:
    """Lists of the text components."""
    due = today + timedelta(days=4)
    return {
        "crumbs": [
            {"label": "Peserta", "href": "#"},
            {"label": "Kebayoran Baru", "href": "#"},
            {"label": "Wati Handayani"},
        ],
        "due": due,
        "next_button": {"href": "#", "label": "Kirim foto NIB", "icon": "cam"},
        "next_ask": {"href": "#", "label": "Tanya Bu Ratna"},
        "next_other": {"href": "#", "label": "NIB saya belum terbit"},
        "next_facts": [
            {"label": "Paling lambat", "value": "Jumat, 27 November 2026"},
            {"label": "Dibantu oleh", "value": "Ratna Dewi, pendamping Anda"},
        ],
        "turns": [
            {
                "label": "Kirim foto NIB",
                "turn": "you",
                "href": "#",
                "note": "Satu foto cukup, asal nomornya terbaca.",
            },
            {
                "label": "NIB diperiksa petugas",
                "turn": "officer",
                "note": "Paling lambat Rabu, 25 November. Anda tinggal menunggu.",
            },
            {"label": "Data usaha", "turn": "done"},
            {"label": "Nomor NIB", "turn": "done"},
        ],
        "needs": [
            {"label": "Data usaha lengkap", "done": True, "who": "Wati Handayani"},
            {"label": "Berkas NIB", "done": True, "who": "Wati Handayani"},
            {
                "label": "NIB diperiksa orang kedua",
                "done": False,
                "status": "waiting",
                "who": "Anda atau Hendra Wijaya",
            },
        ],
        "reasons": [{"text": "NIB belum diperiksa orang kedua.", "href": "#", "link": "Periksa sekarang"}],
        "events": [
            {
                "title": "Naik ke Perizinan",
                "when": "5 November 2026, 14.20 WIB",
                "by": "Ratna Dewi, pendamping",
                "note": "4 syarat lengkap",
                "is_move": True,
            },
            {
                "title": "Pertemuan ke-3 dicatat",
                "when": "3 November 2026, 10.05 WIB",
                "by": "Ratna Dewi, pendamping",
                "note": "Sepakat: mengurus NIB lewat OSS.",
            },
            {
                "title": "Terdaftar",
                "when": "12 Januari 2026, 19.31 WIB",
                "by": "Wati Handayani",
                "is_move": True,
            },
        ],
        "identity": [
            {"label": "NIK", "value": "3174 •••• •••• 0000"},
            {"label": "HP", "value": "0812-••••-•1234"},
            {"label": "Identitas", "value": "Diverifikasi", "status": "verified"},
        ],
        "jobs": [
            {"label": "Dilaporkan", "value": "29.346"},
            {"label": "Dikonfirmasi pemilik usaha", "value": "0"},
        ],
    }


@require_GET
def showcase(request: HttpRequest) -> HttpResponse:
    """Show the components; figures and people are samples, nothing is read or written."""
    faulty = _faulty_form()
    context = {
        "all_states": _stones(
            "dvswnll", {1: "12 Jan 2026", 2: "28 Feb 2026", 3: "3 Mar 2026", 5: "Hari ke-18"}
        ),
        "journey": _stones(
            "dddnlll", {1: "12 Jan 2026", 2: "28 Feb 2026", 3: "15 Agu 2026", 4: "Hari ke-18"}
        ),
        "waiting": _stones("dwlllll", {1: "12 Jan 2026", 2: "kelas 28 November"}, current=2),
        "trail": [
            {"number": number, "name": name, "text": "Data Anda dicek, Anda dapat pendamping"}
            for number, name in enumerate(NAMES, start=1)
        ],
        "form": faulty,
        "clean_form": SampleForm(
            initial={"number": "KB-2026-00412", "sector": "kuliner"}, auto_id="kosong_%s"
        ),
        "pathway_notes": PATHWAY_NOTES,
        "filters": FilterForm(initial={"wilayah": "31"}),
        "reason_form": ReasonForm(),
        "statuses": [
            "waiting",
            "verified",
            "complete",
            "active",
            "graduated",
            "rejected",
            "blocked",
            "late",
            "soon",
            "waived",
            "stopped",
            "unreachable",
            "ready",
            "you",
            "officer",
            "missing",
            "info",
        ],
        "people": _people(),
        "funnel": _funnel(),
        "funnel_total": 13598,
        "public": PUBLIC,
        "public_total": 65414,
        "line": [{"label": row["name"], "value": row["reached"]} for row in PUBLIC],
        "tiles": _tiles(),
        "tile_legend": ["di bawah 12%", "12–16%", "17–21%", "22–26%", "27% ke atas"],
        "signals": SIGNALS,
        "now": now(),
        **_texts(now().date()),
    }
    return render(request, "core/komponen.html", context)
