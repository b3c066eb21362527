"""Who is contacted and when; the day's queue and the timetable of runs stand here, the rest has rooms."""
