-- The history (staff/audit/history.py) also reads Django's log, whose table is not ours: these indexes belong to no model.
CREATE INDEX staff_history_newest ON django_admin_log (action_time DESC, id DESC);
CREATE INDEX staff_history_by_user ON django_admin_log (user_id, action_time DESC, id DESC);
CREATE INDEX staff_history_titles ON django_admin_log USING gin (to_tsvector('simple', coalesce(object_repr, '')));
