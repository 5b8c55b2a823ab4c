"""The secretariat's own pages: what needs attention, the audit log, dated rules, centres, support view."""
