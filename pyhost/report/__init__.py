"""Reports of learning: a folder with one page, its plots, and the audio to listen to."""

from pyhost.report.folder import check_report_folder
from pyhost.report.learning import Learning, Row, parameter_rows
from pyhost.report.page import write_report

__all__ = ["Learning", "Row", "check_report_folder", "parameter_rows", "write_report"]
