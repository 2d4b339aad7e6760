"""Who speaks when, where both parties are on one channel.

checkpoint.py  weights as they were stored, read without running what is in them
onnxgraph.py   the network as a graph that ONNX Runtime runs
encoder.py     windows of speech to vectors         mel.py       the spectrum it hears
windows.py     which windows                        cluster.py   vectors in two groups
voices.py      one voice, two, or three             resegment.py groups to moments
diarizer.py    all of it: VoiceDiarizer is the port's adapter
"""
