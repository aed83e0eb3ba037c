# The same pinned libraries as `make install`, on the Python they were pinned with. PostgreSQL and the store
# are services of their own (compose.yaml).
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONPATH=/srv/fairhaul PATH=/srv/fairhaul/bin:$PATH \
    PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 NUMBA_CACHE_DIR=/srv/fairhaul/compiled
WORKDIR /srv/fairhaul

COPY requirements.txt ./
RUN pip install --require-hashes -r requirements.txt

COPY . ./
RUN mkdir bin \
    && printf '#!/bin/sh\nexec python -c "from app.cli import main; main()" "$@"\n' > bin/fairhaul \
    && chmod 755 bin/fairhaul \
    && python -m compileall -q app certification credentials governance logistics \
    && python -m logistics.ahead \
    && useradd --system --home-dir /data fairhaul \
    && chown -R fairhaul compiled \
    && install -d -o fairhaul -g fairhaul /data
USER fairhaul
ENV DATA=/data HOST=0.0.0.0 PORT=8000 LOG_JSON=1
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
CMD ["fairhaul", "serve"]
