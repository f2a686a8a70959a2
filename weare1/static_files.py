"""Headers of static files where the application serves them itself. Behind nginx they come from deploy/nginx.conf."""

# What the counter loads. Sites that embed it by oEmbed, such as WordPress, sandbox its frame, so that its origin is not ours.
OF_THE_COUNTER = ("/static/css/counter.", "/static/css/tokens.", "/static/fonts/")


def add_headers(headers, path, url):
    """Let pages of every origin load the files of the counter. WhiteNoise calls it for each file."""
    if url.startswith(OF_THE_COUNTER):
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"
