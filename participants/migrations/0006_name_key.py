"""Names that sound the same have the same key: titles, spelling, doubled letters, word order folded away."""

from django.db import migrations

FUNCTION = r"""
CREATE FUNCTION participants_name_key(name text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $name_key$
    WITH plain AS (
        SELECT pg_catalog.translate(pg_catalog.lower(name),
            'áàâäãåéèêëíìîïóòôöõúùûüñç’‘ʼ`''', 'aaaaaaeeeeiiiiooooouuuunc') AS words
    ), untitled AS (
        SELECT pg_catalog.regexp_replace(pg_catalog.regexp_replace(pg_catalog.regexp_replace(
            plain.words,
            '\m(s\.(e|h|t|p|ip|i\.p|pd\.?i|pd|kom|i\.kom|ikom|sos|ag|si|psi|ked|kep|farm|hum|sn|km|gz|tr|par|th|tp|stp|ab|ap|ak)'
            '|m\.(m|h|t|si|pd\.?i|pd|kom|ag|hum|kes|ak|ap|sc|e|sn|th|psi|ikom|i\.kom|kn|farm|kep|b\.a|ba)'
            '|a\.m(d|a)(\.[a-z]{2,4})?|b\.(sc|a|eng)|ph\.?d|d\.r|d\.r[as])\M\.?', ' ', 'g'),
            '\m(h|hj|ir|dr|drs|dra|drg|prof|kh|kyai|ust|ustadz|ustadzah|haji|hajjah|tn|ny|nn|bpk|bapak|ibu'
            '|se|sh|spd|mpd|skom|mkom|ssos|sag|msi|mm|amd|skep|ners)\M\.?', ' ', 'g'),
            '[^a-z]+', ' ', 'g') AS words
        FROM plain
    ), folded AS (
        SELECT pg_catalog.regexp_replace(pg_catalog.translate(
            pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(pg_catalog.replace(
                pg_catalog.regexp_replace(
                    pg_catalog.regexp_replace(untitled.words, '\m(m|moh|muh|mohd|muhd|mo[ch]?h?am+[ae]d|muham+[ae]d)\M',
                        'muhamad', 'g'),
                    '\mst\M', 'siti', 'g'),
                'oe', 'u'), 'dj', 'j'), 'tj', 'c'), 'ph', 'f'), 'kh', 'k'),
            'lyjvqz', 'iiifks'), '(.)\1+', '\1', 'g') AS words
        FROM untitled
    )
    SELECT coalesce(
        (SELECT pg_catalog.string_agg(word, ' ' ORDER BY word COLLATE "C")
         FROM folded, pg_catalog.regexp_split_to_table(folded.words, ' +') AS word WHERE word <> ''),
        pg_catalog.lower(name))
$name_key$
"""
COLUMN = """
ALTER TABLE participants_person
    ADD COLUMN name_key text GENERATED ALWAYS AS (participants_name_key(full_name)) STORED
"""


class Migration(migrations.Migration):
    dependencies = [("participants", "0005_data_rights_defaults")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION participants_name_key(text)"),
        # Computed by the database whoever writes, and read by the search for doubles alone: not in the model.
        migrations.RunSQL(COLUMN, "ALTER TABLE participants_person DROP COLUMN name_key"),
        migrations.RunSQL(
            "CREATE INDEX person_name_key ON participants_person (name_key)",
            "DROP INDEX person_name_key",
        ),
    ]
