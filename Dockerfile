# docker build -t asr_qa .                                        CPU
# docker build -t asr_qa:gpu --build-arg BASE=nvidia/cuda:12.6.3-cudnn-runtime-ubuntu24.04 .   GPU
ARG BASE=python:3.12-slim

FROM python:3.12-slim AS build
WORKDIR /src
COPY . .
RUN pip install --no-cache-dir build && python -m build --wheel --outdir /dist

FROM ${BASE}
ARG EXTRAS=base-model,postgres
# A slim Python image has Python; a CUDA image gets it from its distribution.
RUN command -v python3 >/dev/null && python3 -m venv --help >/dev/null 2>&1 \
    || (apt-get update && apt-get install --yes --no-install-recommends python3 python3-venv && rm -rf /var/lib/apt/lists/*)
COPY --from=build /dist /dist
# Of Resemblyzer only the weights are used (the model "voices"), so what its code would need is left out.
RUN python3 -m venv /opt/asr_qa \
    && /opt/asr_qa/bin/pip install --no-cache-dir "$(echo /dist/*.whl)[${EXTRAS}]" \
    && /opt/asr_qa/bin/pip install --no-cache-dir --no-deps Resemblyzer==0.1.4 \
    && rm -r /dist \
    && useradd --create-home --uid 10001 asrqa \
    && install --directory --owner asrqa /data
ENV PATH=/opt/asr_qa/bin:$PATH ASR_QA_DATA_DIR=/data ASR_QA_CACHE_DIR=/data/cache
USER asrqa
WORKDIR /data
VOLUME /data
EXPOSE 8420
ENTRYPOINT ["asr-qa"]
CMD ["--help"]
