"""What a registration has to know before it may write, as a function whose plan the database keeps."""

from django.db import migrations

KNOWN = """
CREATE FUNCTION participants_known(
    submission uuid, nik bytea, phone bytea, email text, regency text, areas text[]
) RETURNS TABLE (
    submission_id uuid, browser_index bytea, is_held boolean, enrollment_id uuid,
    nik_person_id uuid, nik_user_id uuid, household text[], household_user_ids uuid[],
    phone_user_id uuid, phone_user_name text, email_user_id uuid, email_user_name text,
    centers json, licensing text, number bigint
) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_variable
BEGIN
    RETURN QUERY
    SELECT s.id, s.browser_index, s.is_held, s.enrollment_id,
           n.id, n.user_id, h.names, h.user_ids, p.id, p.display_name::text, e.id, e.display_name::text,
           centers_nearby(regency), centers_licensing(areas),
           CASE WHEN s.id IS NULL THEN nextval('participants_registration_number') ELSE 0 END
    FROM (VALUES (1)) AS one
    LEFT JOIN participants_registrationsubmission s ON s.id = submission
    LEFT JOIN participants_person n ON n.nik_index = nik
    LEFT JOIN LATERAL (
        -- A merged double is told through the person who goes on.
        SELECT array_agg(o.full_name::text) AS names, array_agg(coalesce(w.user_id, o.user_id)) AS user_ids
        FROM participants_person o
        LEFT JOIN participants_merge m ON m.loser_id = o.id AND m.undone_at IS NULL
        LEFT JOIN participants_person w ON w.id = m.winner_id
        WHERE o.phone_index = phone
    ) h ON true
    LEFT JOIN accounts_user p ON p.phone_index = phone
    LEFT JOIN accounts_user e ON lower(e.email) = email;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [
        ("participants", "0010_rules_keep_their_past"),
        ("centers", "0003_read_within_a_registration"),
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(KNOWN, "DROP FUNCTION participants_known(uuid, bytea, bytea, text, text, text[])"),
    ]
