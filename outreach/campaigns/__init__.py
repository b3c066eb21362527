"""Who is contacted and when: the planner, the queue, the reasons, and the timetable of runs."""
