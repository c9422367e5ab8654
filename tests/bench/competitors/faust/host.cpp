/* SPDX-License-Identifier: ISC
 *
 * The architecture file of the benchmark: a program of Faust's behind five C functions, for ctypes.
 */
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#define FAUSTFLOAT double

class dsp {
  public:
    virtual ~dsp() {}
};

struct Meta {
    void declare(const char *, const char *) {}
};

struct UI {
    void openVerticalBox(const char *) {}
    void closeBox() {}
};

<<includeIntrinsic>>

<<includeclass>>

extern "C" {

void *faust_new(int sample_rate)
{
    Learner *learner = new Learner();
    learner->init(sample_rate);
    return learner;
}

void faust_delete(void *learner)
{
    delete static_cast<Learner *>(learner);
}

void faust_reset(void *learner)
{
    static_cast<Learner *>(learner)->instanceClear();
}

/* x, t -> y, loss */
void faust_run(void *learner, int frames, double **inputs, double **outputs)
{
    static_cast<Learner *>(learner)->compute(frames, inputs, outputs);
}
}
