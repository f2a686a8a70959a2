from staff.models.records import Record

__all__ = ["Record"]
