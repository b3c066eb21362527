"""How gunicorn serves outreach. Threads: an open page holds one for its stream of news (design.md 7)."""

worker_class = "gthread"
workers = 2
threads = 256
bind = "127.0.0.1:8000"

timeout = 30  # a worker whose main loop is silent for this long is replaced
graceful_timeout = 30
keepalive = 15

accesslog = None  # the application writes its own: route templates, never the query, where ids travel
errorlog = "-"
loglevel = "warning"
control_socket_disable = True
