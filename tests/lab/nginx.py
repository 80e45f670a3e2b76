"""nginx with answers that take a fixed time, for measuring who asks.

    with Nginx(folder, delay_ms=20) as server:
        ...                              # POST, GET, anything: 200 and {"id": "..."}

The delay is a timer of nginx's echo module (nginx-light brings it), so ten thousand requests that
wait cost the server nothing but memory.
"""

import os
import urllib.request
from pathlib import Path

from .server import Server

MODULE = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
CONFIG = """\
load_module {module};
{user}
daemon off;
worker_processes 1;
pid {dir}/nginx.pid;
error_log {dir}/error.log warn;
events {{ worker_connections 4096; }}
http {{
	access_log {access};
	client_body_temp_path {dir}/body;
	proxy_temp_path {dir}/proxy;
	fastcgi_temp_path {dir}/fastcgi;
	uwsgi_temp_path {dir}/uwsgi;
	scgi_temp_path {dir}/scgi;
	default_type application/json;
	keepalive_requests 100000000;
	tcp_nodelay on;
	server {{
		listen {address}:{port} backlog=4096;
		location / {{
			{sleep}
			echo '{{"id": "$request_id"}}';
		}}
	}}
}}
"""


class Nginx(Server):
    """One nginx with one worker."""

    name, program = "nginx", "/usr/sbin/nginx"

    def __init__(self, folder, address="127.0.0.1", delay_ms=0, counted=False):
        super().__init__(folder, address)
        self.delay_ms, self.access = delay_ms, self.dir / "access.log" if counted else None

    @property
    def endpoint(self):
        return f"http://{self.address}:{self.ports['port']}"

    def configure(self):
        sleep = f"echo_sleep {self.delay_ms / 1000:.3f};" if self.delay_ms else ""
        (self.dir / "nginx.conf").write_text(CONFIG.format(
            module=MODULE, dir=self.dir, address=self.address, sleep=sleep,
            user="user root;" if os.geteuid() == 0 else "", access=self.access or "off",
            **self.ports))

    def command(self):
        return [self.program, "-p", self.dir, "-e", self.dir / "error.log",
                "-c", self.dir / "nginx.conf"]

    def answers(self):
        try:
            with urllib.request.urlopen(self.endpoint, timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def requests(self, method=""):
        """How many requests of this method it has had, when it was made with counted."""
        return self.access.read_text().count(f'"{method}') if self.access.exists() else 0
