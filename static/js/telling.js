// What can be said about a value that somebody has just left: short, kind, and only what the server would say too.
// One line of a phone at most, two for a NIK.
// The server judges (core/validators.py); participants/tests/test_telling.py holds these against its rules.
const MONTHS = "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember".split(" ");
const MARKS = /[\s\u0085.\-\u2010-\u2015\u2212\u00ad\u200b\u2060\ufeff]/g;
const CONTACT_MARKS = /^[\s\u200b\u200e\u200f\u202a\u202c\u2066\u2068\u2069\ufeff]+|[\s\u200b\u200e\u200f\u202a\u202c\u2066\u2068\u2069\ufeff]+$/g;

const right = (words) => ({ isRight: true, words });
const wrong = (words) => ({ isRight: false, words });

/** The day of birth in a NIK, in the latest century in which it is not in the future. */
function born(digits, today) {
  const [written, month, year] = [digits.slice(6, 8), digits.slice(8, 10), digits.slice(10, 12)].map(Number);
  const day = written > 40 ? written - 40 : written;
  return [2000, 1900].map((century) => new Date(Date.UTC(century + year, month - 1, day))).find((date) =>
    date.getUTCDate() === day && date.getUTCMonth() === month - 1 && date.toISOString().slice(0, 10) <= today);
}

/** `today`: "2026-11-30" as the server counts; `serials`: whether 0000 passes (demo); `places`: code of a kab/kota → name. */
export function nik(text, { today, serials, places = {} }) {
  const digits = text.normalize("NFKC").replace(MARKS, "");
  if (!digits) return null;
  if (!/^[0-9]+$/.test(digits)) return wrong("Ada huruf atau tanda lain. NIK hanya berisi angka.");
  if (digits.length < 16) return wrong(`Baru ${digits.length} angka. NIK punya 16 angka.`);
  if (digits.length > 16) return wrong(`Ada ${digits.length} angka. NIK punya 16 angka.`);
  const date = born(digits, today);
  if (!date) return wrong("Angka ke-7 sampai ke-12 bukan tanggal lahir. Lihat lagi KTP.");
  if (!serials && digits.endsWith("0000")) return wrong("Empat angka terakhir tidak mungkin 0000. Lihat lagi KTP.");
  const place = places[digits.slice(0, 4)];
  const sex = digits.slice(6, 8) > 40 ? "perempuan" : "laki-laki";
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  return right(`Lahir ${day}, ${sex}${place ? `, NIK dari ${place}` : ""}.`);
}

/** Mobile numbers alone: of a landline nothing is said, as the plan of their numbers is long. */
export function phone(text) {
  const typed = text.replace(CONTACT_MARKS, "").normalize("NFKC").replace(/[\u00ad\u200b\u2060\ufeff]/g, "").replace(/[\u2010-\u2015\u2212]/g, "-").trim();
  if (!typed) return null;
  if (!/^\+?[0-9 ().\-/]*$/.test(typed)) return wrong("Tulis angkanya saja, tanpa huruf.");
  const number = typed.replace(/[^0-9+]/g, "").replace(/^00/, "+");
  if (/^\+(?!6|$)|^\+6[^2]/.test(number)) return wrong("Nomor Indonesia diawali 08 atau +62.");
  const own = number.replace(/^\+62|^62(?=8\d{9})/, "").replace(/^0/, "");
  if (!own.startsWith("8")) return null;
  if (own.length < 9) return wrong("Nomor ini belum lengkap.");
  if (own.length > 12) return wrong("Nomor ini terlalu panjang.");
  if (/^8[04]/.test(own)) return wrong(`Tidak ada nomor HP yang diawali 0${own.slice(0, 2)}.`);
  const local = `0${own}`;
  return right(`Nomor Anda: ${local.slice(0, 4)}-${local.slice(4, 8)}-${local.slice(8)}.`);
}

export function password(text) {
  const length = [...text].length;
  if (!length) return null;
  return length < 10 ? wrong(`Baru ${length} huruf. Paling sedikit 10.`) : right("Panjangnya sudah cukup.");
}
