"""What a registration asks about places, as functions whose plans the database keeps."""

from django.db import migrations

NEARBY = """
CREATE FUNCTION centers_nearby(regency text) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT json_agg(json_build_array(center.code, center.district_id, center.village_id, center.zone,
                                         place.lat, place.lng))
        FROM centers_center center JOIN centers_district place ON place.code = center.district_id
        WHERE center.status = 'buka' AND place.regency_id = regency
    );
END $$
"""
LICENSING = """
CREATE FUNCTION centers_licensing(areas text[]) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (
        SELECT agency.code FROM centers_agency agency
        WHERE agency.is_active AND 'perizinan' = ANY(agency.duties)
          AND (agency.area_code = ANY(areas)
               OR agency.area_code = 'ID' AND NOT EXISTS (
                   SELECT FROM centers_agency own WHERE own.is_active AND own.area_code = ANY(areas)))
        ORDER BY length(agency.area_code) DESC, agency.position, agency.code LIMIT 1
    );
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("centers", "0002_agencies_have_dates")]

    operations = [
        migrations.RunSQL(NEARBY, "DROP FUNCTION centers_nearby(text)"),
        migrations.RunSQL(LICENSING, "DROP FUNCTION centers_licensing(text[])"),
    ]
