"""Recordings on disk to samples and stretches of speech.

    container.py   opens a file safely, chooses its audio stream, names what is wrong
    probe.py       header and checksum            -> AudioInfo
    decode.py      samples per channel, streamed  -> CallAudio; AvReader is the port's adapter
    resample.py    any sample format and rate to 16 kHz, 16 bit
    integrity.py   whether a file breaks off
    spool.py       keeps long calls out of memory
    energy.py      levels and line noise          voice.py  the WebRTC classifier
    vad.py         speech in one channel          silero.py the same by a neural network
    channels.py    what is wrong with channels    bleed.py  one channel heard on another

Of several audio streams in a file the one with most channels is read, of equals the first. Nothing
here takes a lock or leaves a named temporary file, so a worker may be killed at any moment: whoever runs
untrusted recordings does so in a process with a time limit.
"""
