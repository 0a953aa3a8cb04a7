"""Google Classroom and the Directory of a made-up Workspace domain.

Source of every fact about the wire, where nothing else is named: the discovery documents
classroom.v1 (revision 20261028) and admin.directory_v1 (revision 20261104).
"""
